@echo off
rem Sets up the course from this folder the first time, then opens the notebooks. No network, no administrator.
setlocal
set "begin=%~dp0collection\tools\offline\start.py"
if not exist "%begin%" (
  echo This file is alone: unpack the whole zip first, then start start.bat in the folder that was unpacked.
  goto end
)
for %%v in (PYTHONS) do (
  py -%%v "%begin%" --fits >nul 2>nul && (
    py -%%v "%begin%" %*
    goto end
  )
)
python "%begin%" --fits >nul 2>nul && (
  python "%begin%" %*
  goto end
)
echo No fitting Python was found: this kit needs Python WORDS, 64 bits (x86-64). Install it for yourself alone,
echo no administrator is needed, and start again. To read needs no Python: open site\index.html.
:end
pause
