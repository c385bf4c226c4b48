@echo off
rem Sets up the course from this folder the first time, then opens the notebooks. No network, no administrator.
setlocal
set "begin=%~dp0collection\tools\offline\start.py"
set "python="
if not exist "%begin%" goto alone
for %%v in (PYTHONS) do call :try py -%%v
call :try python
if not defined python goto none
%python% "%begin%" %*
goto end

:alone
echo This file is alone: unpack the whole zip first, then start start.bat in the folder that was unpacked.
goto end

:none
echo No fitting Python was found: this kit needs Python WORDS, 64 bits (x86-64). Install it for yourself alone,
echo no administrator is needed, and start again. To read needs no Python: open site\index.html.

:end
pause
exit /b

:try
if defined python exit /b
%* "%begin%" --fits >nul 2>nul
if %errorlevel%==0 set "python=%*"
exit /b
