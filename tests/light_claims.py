"""A claim for the cells of a small notebook, without the three seconds in which PyTorch and matplotlib are imported."""

CLAIM = """from IPython.display import display

def claim(sentence, holds, **evidence):
    data = {"sentence": sentence, "holds": holds, "evidence": evidence}
    display({"text/plain": sentence}, raw=True, metadata={"aeutils": {"claim": data}})
"""
