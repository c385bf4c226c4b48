# Everything lives in .venv and goes through its own Python; works with GNU make 3.81 (macOS) and newer.
PYTHON ?= python3
CONSTRAINTS ?= constraints.txt
SEEDS ?= 5
FROM ?= 0
VENV_PYTHON := .venv/bin/python
READY := .venv/.ready
# Nothing runs but in here, where the user's own settings do not reach.
RUN := $(VENV_PYTHON) -I tools/isolated.py
BEGIN = $(if $(FIRST),--first $(FIRST))
NOTEBOOKS = $(or $(NB),notebooks/*.ipynb)
open_lab = as_root=; browser=; \
  if [ "$$(id -u)" = 0 ]; then as_root=--allow-root; fi; \
  if [ "$$(uname)" = Linux ] && [ -z "$$DISPLAY$$WAYLAND_DISPLAY" ]; then browser=--no-browser; fi; \
  $(RUN) tools/lab.py $(1) $$as_root $$browser

.PHONY: help lab read test check lint outputs claims tries twice maps sweeps tables picture drawings site slides colab offline-kit offline-check bench bench-explorer student teacher grading grade-check hub hub-check skips clean

help: ## this list
	@echo "make lab            start here: sets up .venv the first time, then opens your copies of the notebooks (work/)"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / && $$1 != "lab" { printf "make %-14s %s\n", $$1, $$2 }' Makefile

lab: $(READY) ## opens the notebooks in JupyterLab; with no screen it prints the address
	@$(call open_lab,$(BEGIN))

read: $(READY) ## opens them as they are stored, with their results
	@$(call open_lab,--stored $(BEGIN))

test: $(READY) ## runs every check, on all cores; with NB=notebooks/01*.ipynb those notebooks and nothing else
	@$(RUN) tools/suite.py test $(if $(SINCE),--since $(SINCE)) $(NB)

check: $(READY) ## between edits, in less than a minute: style, types, and the quick tests of the package
	@$(RUN) tools/suite.py check

lint: $(READY) ## checks style, format and types; the fix is often: .venv/bin/ruff format .
	@$(RUN) tools/suite.py lint

outputs: $(READY) ## runs the notebooks afresh and keeps the outputs; one of them: make outputs NB=notebooks/01*.ipynb
	@$(RUN) tools/notebook_runs.py $(NOTEBOOKS)
	@$(RUN) tools/generated_text.py

claims: $(READY) ## counts how often each claim holds over seeds: make claims SEEDS=10 FROM=100 NB=notebooks/01*.ipynb
	@AEUTILS_PROGRESS=0 $(RUN) tools/claims_runner.py --seeds $(SEEDS) --first $(FROM) $(NOTEBOOKS)

tries: $(READY) ## makes every change that a notebook proposes or invites, one by one: make tries NB=notebooks/01*.ipynb
	@AEUTILS_PROGRESS=0 $(RUN) tools/try_runner.py $(NOTEBOOKS)

twice: $(READY) ## runs each code cell twice in a row, and says which then show something else
	@AEUTILS_PROGRESS=0 $(RUN) tools/twice_runner.py $(NOTEBOOKS)

skips: $(READY) ## says what would be missed in silence where a code cell is skipped
	@AEUTILS_PROGRESS=0 $(RUN) tools/skip_runner.py $(NOTEBOOKS)

maps: $(READY) ## brings generated text up to date: the README's maps, the notebooks' times and neighbours
	@$(RUN) tools/generated_text.py

sweeps: $(READY) ## runs all 800 trainings of notebook 05's tables afresh, into the package; forty minutes or more
	@AEUTILS_PROGRESS=0 AEUTILS_DEVICE=cpu $(RUN) -m aeutils.chapters.ch05.sweep_tables

tables: $(READY) ## makes the tables of results on full sets of images afresh, into the package; an hour or more
	@for table in aeutils/chapters/*/full_mnist.py; do \
	  AEUTILS_PROGRESS=0 AEUTILS_DEVICE=cpu $(RUN) -m $$(echo $${table%.py} | tr / .) || exit 1; done

drawings: $(READY) ## shows all drawings on one page, on white, on dark and small; prints where the page is
	@$(RUN) tools/drawings.py

picture: $(READY) ## films the explorer in Chromium, for the top of the README
	@AEUTILS_PROGRESS=0 AEUTILS_DEVICE=cpu $(RUN) tools/readme_picture.py

site: $(READY) ## builds the site into build/site, to open or to put on any web server: make site REPO=owner/name
	@$(RUN) tools/website.py $(if $(REPO),--repo $(REPO))

slides: $(READY) ## a deck of slides for each notebook, into build/slides, to show without a network
	@$(RUN) tools/slides.py

colab: $(READY) ## the notebooks for Colab and Kaggle, into build/colab: make colab REPO=owner/name
	@$(RUN) tools/colab.py $(if $(REPO),--repo $(REPO)) $(if $(WHEEL),--wheel $(WHEEL))

offline-kit: $(READY) ## for a stick, without a network, into build/offline-kit: make offline-kit SYSTEMS="windows macos"
	@$(RUN) tools/offline_kit.py $(if $(SYSTEMS),--systems "$(SYSTEMS)") $(if $(PYTHONS),--pythons "$(PYTHONS)") \
	  $(if $(filter no,$(ZIP)),--no-zip) $(if $(EDITION),--edition $(EDITION)) $(BEGIN)

offline-check: $(READY) ## checks that kit's sums, that no wheel is missing, and installs from it with the network cut off
	@$(RUN) tools/offline_kit.py --check $(KIT)

bench: $(READY) ## measures training beside the floor that the machine sets, into benchmarks/RESULTS.md; ten minutes
	@$(RUN) tools/bench_training.py

bench-explorer: $(READY) ## measures the latent-space explorer in Chromium, beside interact + matplotlib
	@AEUTILS_PROGRESS=0 $(RUN) -m pytest -q -s tools/bench_explorer.py

student: $(READY) ## the collection for students, without solutions and results, in build/; to begin elsewhere: FIRST=lesson_90
	@$(RUN) tools/editions.py student $(BEGIN)

teacher: $(READY) ## the same for teachers: solutions, results, and notes at each exercise and prediction
	@$(RUN) tools/editions.py teacher $(BEGIN)

grading: $(READY) ## a course for nbgrader with every exercise: a folder in build/
	@$(RUN) tools/grading.py course

grade-check: $(READY) ## marks solutions, stubs and every listed mistake with nbgrader; NB=notebooks/01*.ipynb for one; long
	@AEUTILS_PROGRESS=0 $(RUN) tools/grading.py check $(NB)

hub: .venv/.hub ## one server for a class, on Linux as root: make hub STUDENTS=30 HUB="--votes --memory 4G"; docs/hub says all
	@$(RUN) tools/class_hub.py start --students $(or $(STUDENTS),30) $(BEGIN) $(HUB)

hub-check: .venv/.hub ## tries that with pretend students on this machine alone, and prints figures: make hub-check STUDENTS=8
	@AEUTILS_PROGRESS=0 $(RUN) tools/class_hub.py check --students $(or $(STUDENTS),8) $(HUB)

clean: ## removes .venv and caches, so that the next start sets up afresh; data sets and your copies (work/) stay
	@rm -rf .venv build .pytest_cache .ruff_cache .mypy_cache aeutils.egg-info
	@find aeutils tests tools notebooks -name __pycache__ -prune -exec rm -rf {} + \
	  -o -name .ipynb_checkpoints -prune -exec rm -rf {} +

# Set-up. The stamp is written last, and holds the folder it was made in: no stamp (a first run, or one that was
# interrupted) starts from nothing; new dependencies, or a folder that was moved, install again over what is there.
ifneq ($(shell test -x $(VENV_PYTHON) && cat $(READY) 2>/dev/null),$(shell pwd -P))
.PHONY: $(READY)
endif

# What stands in the way, in one line; nothing when all is well.
remedy = for example: PYTHON=python3.12 make $(or $(firstword $(MAKECMDGOALS)),lab)
problem = $(shell test -x $(VENV_PYTHON) && test -f $(READY) && exit; \
  found=$$("$(PYTHON)" -E -s -c 'import sys, platform; \
    print("%d.%d" % sys.version_info[:2] + " " + sys.platform + " " + platform.machine())' 2>/dev/null); \
  case "$$found" in \
    (*" darwin x86_64") echo "There is no PyTorch for Intel Macs after 2.2, and 2.6 is needed: read the notebooks as" \
      "they are, or run them on Binder (with Apple silicon, name a Python made for it: PYTHON=...)" ;; \
    (3.11" "*|3.12" "*|3.13" "*) "$(PYTHON)" -I -c 'import venv, ensurepip' 2>/dev/null || \
      echo "$(PYTHON) has no venv module; install it, on Debian and Ubuntu with: sudo apt-get install python3-venv" ;; \
    ("") echo "$(PYTHON) was not found or does not run; name a Python 3.11 to 3.13, $(remedy)" ;; \
    (*) echo "Python 3.11 to 3.13 is needed, and $(PYTHON) is $${found%% *}; name another, $(remedy)" ;; \
  esac)

$(READY): pyproject.toml constraints.txt
	$(if $(problem),$(error $(problem)))
	@test -x $(VENV_PYTHON) && test -f $(READY) || "$(PYTHON)" -I -m venv --clear .venv
	@rm -f $(READY)
	@echo "Installing into .venv. The first time this takes minutes and some gigabytes: PyTorch is big."
	@$(RUN) -m pip install --quiet --disable-pip-version-check $(if $(CONSTRAINTS),-c $(CONSTRAINTS)) -e '.[test]' || \
	  { echo "Set-up stopped: see pip's message above. Is there a network and 8 GB of disk? Then run make again."; exit 1; }
	@$(RUN) tools/check_setup.py || \
	  { echo "Set-up stopped: see above. The next make starts from nothing."; exit 1; }
	@$(RUN) tools/jupyter_settings.py
	@pwd -P > $(READY)

# What a hub needs beyond that: packages that no student's own machine needs, and a proxy from npm.
.venv/.hub: $(READY)
	@$(RUN) -m pip install --quiet --disable-pip-version-check $(if $(CONSTRAINTS),-c $(CONSTRAINTS)) -e '.[hub]'
	@$(RUN) tools/class_hub.py start --fetch
	@touch $@
