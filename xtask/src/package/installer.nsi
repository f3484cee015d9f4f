; Installs the plugin, the trainer and the application, for all users or for one.
;   /S                         asks nothing
;   /AllUsers, /CurrentUser    for whom; all users, if not said and allowed
; FILES is a list of what is installed: the macros PlaceFiles, RemovePrograms and RemoveFiles.
; Debian's NSIS makes 64-bit installers. The makers' own makes 32-bit ones only, which do the same.
!ifdef TARGET
  Target "${TARGET}"
!endif
Unicode true
SetCompressor /SOLID lzma
SetCompressorDictSize 64
; Files bear the time of the installation, and the installer's bytes do not depend on when it was made.
SetDateSave off
Name "Continuo"
OutFile "${OUT}"
BrandingText "Continuo ${VERSION}"

!define KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Continuo"
!define MULTIUSER_MUI
!define MULTIUSER_EXECUTIONLEVEL Highest
!define MULTIUSER_INSTALLMODE_COMMANDLINE
!define MULTIUSER_USE_PROGRAMFILES64
!define MULTIUSER_INSTALLMODE_INSTDIR "Continuo"
!define MULTIUSER_INSTALLMODE_DEFAULT_REGISTRY_KEY "${KEY}"
!define MULTIUSER_INSTALLMODE_DEFAULT_REGISTRY_VALUENAME "DisplayName"
!define MULTIUSER_INSTALLMODE_FUNCTION ChoosePlugins
!define MULTIUSER_INSTALLMODE_UNFUNCTION un.ChoosePlugins
!include MultiUser.nsh
!include MUI2.nsh
!include "${FILES}"

; The folder of the folders CLAP and VST3.
Var Plugins

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_FINISHPAGE_SHOWREADME "$INSTDIR\docs\MANUAL.html"
!define MUI_FINISHPAGE_SHOWREADME_TEXT "Open the manual"
!define MUI_FINISHPAGE_NOREBOOTSUPPORT
!insertmacro MULTIUSER_PAGE_INSTALLMODE
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "Continuo"
VIAddVersionKey "FileDescription" "Installer of Continuo"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "The Continuo authors"

; Where hosts look for plugins, by the documents of CLAP and VST3.
!macro ChoosePlugins
  ${If} $MultiUser.InstallMode == "AllUsers"
    StrCpy $Plugins "$COMMONFILES64"
  ${Else}
    StrCpy $Plugins "$LOCALAPPDATA\Programs\Common"
  ${EndIf}
!macroend

Function ChoosePlugins
  !insertmacro ChoosePlugins
FunctionEnd

Function un.ChoosePlugins
  !insertmacro ChoosePlugins
FunctionEnd

Function .onInit
  SetRegView 64
  !insertmacro MULTIUSER_INIT
FunctionEnd

Function un.onInit
  SetRegView 64
  !insertmacro MULTIUSER_UNINIT
FunctionEnd

!macro StopIfInUse
  MessageBox MB_OK|MB_ICONSTOP "Continuo is in use. Close the programs that have it loaded, and try again." /SD IDOK
  SetErrorLevel 2
  Abort
!macroend

Section
  ; Nothing of an earlier version stays.
  ${If} ${FileExists} "$INSTDIR\uninstall.exe"
    ExecWait '"$INSTDIR\uninstall.exe" /S /$MultiUser.InstallMode _?=$INSTDIR' $0
    ${If} $0 != 0
      !insertmacro StopIfInUse
    ${EndIf}
  ${EndIf}
  !insertmacro PlaceFiles
  WriteUninstaller "$INSTDIR\uninstall.exe"
  SetOutPath "$INSTDIR"
  CreateShortcut "$SMPROGRAMS\Continuo.lnk" "$INSTDIR\continuo.exe"
  WriteRegStr SHCTX "${KEY}" "DisplayName" "Continuo"
  WriteRegStr SHCTX "${KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr SHCTX "${KEY}" "DisplayIcon" "$INSTDIR\uninstall.exe"
  WriteRegStr SHCTX "${KEY}" "Publisher" "The Continuo authors"
  WriteRegStr SHCTX "${KEY}" "UninstallString" '"$INSTDIR\uninstall.exe" /$MultiUser.InstallMode'
  WriteRegStr SHCTX "${KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /$MultiUser.InstallMode /S'
  WriteRegDWORD SHCTX "${KEY}" "EstimatedSize" ${KIBIBYTES}
  WriteRegDWORD SHCTX "${KEY}" "NoModify" 1
  WriteRegDWORD SHCTX "${KEY}" "NoRepair" 1
SectionEnd

; Takes away the files that were installed and no others: settings, presets and models stay.
Section Uninstall
  ClearErrors
  !insertmacro RemovePrograms
  ${If} ${Errors}
    !insertmacro StopIfInUse
  ${EndIf}
  !insertmacro RemoveFiles
  Delete "$SMPROGRAMS\Continuo.lnk"
  DeleteRegKey SHCTX "${KEY}"
SectionEnd
