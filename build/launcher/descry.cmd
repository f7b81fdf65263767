@echo off
rem Runs a command of the installed Descry in this terminal: descry COMMAND ... A batch file waits for the program to end.
setlocal
"%~dp0..\..\Descry.exe" --command -- %*
exit /b %ERRORLEVEL%
