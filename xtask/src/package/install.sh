#!/bin/sh
# Installs the plugin, the application and the trainer from the folder that this script is in.
#   ./install.sh               for this user
#   ./install.sh --system      for all users (as root)
#   add --uninstall            to take it away again; settings, presets and models stay
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
scope=user action=install
for option in "$@"; do
    case $option in
        --system) scope=system ;;
        --uninstall) action=uninstall ;;
        *) sed -n '2,5s/^# *//p' "$0"; exit 2 ;;
    esac
done
if [ "$scope" = system ]; then
    root=${DESTDIR:-}
    clap=$root/usr/lib/clap vst3=$root/usr/lib/vst3 bin=$root/usr/local/bin
    menu=$root/usr/local/share/applications
else
    clap=$HOME/.clap vst3=$HOME/.vst3 bin=$HOME/.local/bin
    menu=${XDG_DATA_HOME:-$HOME/.local/share}/applications
fi

# A host may have the old file loaded: it is removed and not overwritten.
place() {
    mkdir -p "$2"
    rm -rf "$2/${1##*/}.new"
    cp -R "$1" "$2/${1##*/}.new"
    rm -rf "${2:?}/${1##*/}"
    mv "$2/${1##*/}.new" "$2/${1##*/}"
    echo "installed $2/${1##*/}"
}

# The entry in the menu names the program by its path: the PATH of a desktop session may lack the user's folder.
name_program() {
    program=$(printf '%s' "$bin/continuo" | sed 's/["`$\\]/\\&/g; s/\\/\\\\/g; s/%/%%/g')
    {
        grep -v '^Exec=' "$here/continuo.desktop"
        printf 'Exec="%s"\n' "$program"
    } > "$menu/continuo.desktop"
}

take_away() {
    [ -e "$2/${1##*/}" ] || return 0
    rm -rf "${2:?}/${1##*/}"
    echo "removed $2/${1##*/}"
}

if [ "$action" = install ]; then step=place; else step=take_away; fi
for bundle in "$here"/*.clap; do $step "$bundle" "$clap"; done
for bundle in "$here"/*.vst3; do $step "$bundle" "$vst3"; done
$step "$here/continuo" "$bin"
$step "$here/continuo-trainer" "$bin"
$step "$here/continuo.desktop" "$menu"
[ "$scope $action" != 'user install' ] || name_program
# Other folders, such as /usr/local/bin, belong to the system.
[ "$action" = install ] || rmdir "$clap" "$vst3" 2>/dev/null || true
