//! What is checked of the binaries of a package.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail, ensure};
use object::elf::{self, FileHeader64};
use object::read::elf::FileHeader as _;
use object::{Endianness, Object as _};

use crate::bundles::System;

/// The newest C library that a package for Linux may need: Debian 11's.
pub(super) const GLIBC: (u32, u32) = (2, 31);

/// The functions by which hosts enter the plugin.
const ENTRIES: [&str; 2] = ["clap_entry", "GetPluginFactory"];

/// Checks that hosts find the plugin in a library. Returns what it exports.
///
/// # Errors
/// If an entry is missing, or the bytes are no library.
pub(super) fn entries(library: &[u8]) -> Result<String> {
    let file = object::File::parse(library)?;
    let mut names = BTreeSet::new();
    for export in file.exports()? {
        let export = export?;
        let name = export.name().into_name().unwrap_or_default();
        // Mach-O puts an underscore before each name.
        names.insert(String::from_utf8_lossy(name).trim_start_matches('_').to_owned());
    }
    for entry in ENTRIES {
        ensure!(names.contains(entry), "{entry} is not exported");
    }
    Ok(ENTRIES.join(", "))
}

/// The libraries that a binary is linked with. The application may need ALSA's too, for which its Debian package asks.
///
/// # Errors
/// If the bytes are no binary, or it needs a library that does not come with the system.
pub(super) fn needed(system: System, binary: &[u8], is_application: bool) -> Result<BTreeSet<String>> {
    let mut needed = BTreeSet::new();
    for library in object::File::parse(binary)?.import_libraries()? {
        needed.insert(String::from_utf8_lossy(library?.name()).into_owned());
    }
    for library in &needed {
        let is_sound = is_application && library == "libasound.so.2";
        ensure!(
            is_sound || comes_with(system, library),
            "it needs {library}, which does not come with the system"
        );
    }
    Ok(needed)
}

/// Whether every installation of a system has a library: on Linux those of the C library, and the compiler's that all
/// programs need.
fn comes_with(system: System, library: &str) -> bool {
    match system {
        System::Linux => LINUX.iter().any(|name| library.strip_prefix(name).is_some_and(is_version)),
        System::MacOs => ["/usr/lib/", "/System/Library/"].iter().any(|folder| library.starts_with(folder)),
        System::Windows => {
            let name = library.to_ascii_lowercase();
            let name = name.strip_suffix(".dll").unwrap_or(&name);
            name.starts_with("api-ms-win-") || WINDOWS.contains(&name)
        }
    }
}

/// Libraries of Linux, without their versions.
const LINUX: [&str; 8] =
    ["libc.so", "libm.so", "libdl.so", "libpthread.so", "librt.so", "libutil.so", "libgcc_s.so", "ld-linux"];

/// Libraries of Windows 10, as far as they are needed.
const WINDOWS: [&str; 27] = [
    "advapi32",
    "bcrypt",
    "bcryptprimitives",
    "combase",
    "comctl32",
    "comdlg32",
    "crypt32",
    "dwmapi",
    "gdi32",
    "imm32",
    "kernel32",
    "mmdevapi",
    "msvcrt",
    "ntdll",
    "ole32",
    "oleaut32",
    "opengl32",
    "propsys",
    "rpcrt4",
    "shcore",
    "shell32",
    "shlwapi",
    "user32",
    "userenv",
    "uxtheme",
    "winmm",
    "ws2_32",
];

/// Whether this follows the name of a library of Linux.
fn is_version(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('.') || rest.starts_with('-')
}

/// The newest version of the C library whose symbols a Linux binary uses.
///
/// # Errors
/// If it is newer than [`GLIBC`]; the error names the symbols.
pub(super) fn newest_glibc(binary: &[u8]) -> Result<(u32, u32)> {
    let header = FileHeader64::<Endianness>::parse(binary)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, binary)?;
    let symbols = sections.symbols(endian, binary, elf::SHT_DYNSYM)?;
    let versions = sections.versions(endian, binary)?.context("no symbol versions")?;
    let (mut newest, mut too_new) = ((0, 0), Vec::new());
    for (idx, symbol) in symbols.enumerate() {
        let Some(version) = versions.version(versions.version_index(endian, idx).index())? else { continue };
        let name = String::from_utf8_lossy(version.name());
        let Some(version) = name.strip_prefix("GLIBC_").and_then(parse_version) else { continue };
        newest = newest.max(version);
        if version > GLIBC {
            let symbol = symbols.symbol_name(endian, symbol)?;
            too_new.push(format!("{}@{name}", String::from_utf8_lossy(symbol)));
        }
    }
    ensure!(too_new.is_empty(), "newer than glibc {}.{}: {}", GLIBC.0, GLIBC.1, too_new.join(", "));
    Ok(newest)
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

/// Checks that a binary names none of these folders of the machine that built it.
///
/// # Errors
/// If it does; the error shows the place.
pub(super) fn no_path_of(folders: &[String], binary: &[u8]) -> Result<()> {
    for folder in folders {
        let found = binary.windows(folder.len()).position(|bytes| bytes == folder.as_bytes());
        if let Some(place) = found {
            let end = binary.len().min(place + 120);
            let shown = String::from_utf8_lossy(&binary[place..end]).into_owned();
            bail!("it names a path of this machine: {shown}");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_a_binary_is_found() {
        let folders = ["/home/ada/continuo".to_owned()];
        assert!(no_path_of(&folders, b"\0\x01/home/grace\0").is_ok());
        let error = no_path_of(&folders, b"\0\x01/home/ada/continuo/src/lib.rs\0").unwrap_err();
        assert!(error.to_string().contains("/home/ada/continuo/src/lib.rs"), "{error}");
    }

    #[test]
    fn only_libraries_that_come_with_the_system_may_be_needed() {
        for (system, library) in [
            (System::Linux, "libc.so.6"),
            (System::Linux, "ld-linux-x86-64.so.2"),
            (System::MacOs, "/usr/lib/libSystem.B.dylib"),
            (System::MacOs, "/System/Library/Frameworks/AppKit.framework/Versions/C/AppKit"),
            (System::Windows, "KERNEL32.dll"),
            (System::Windows, "api-ms-win-core-synch-l1-2-0.dll"),
        ] {
            assert!(comes_with(system, library), "{library}");
        }
        for (system, library) in [
            (System::Linux, "libcrypto.so.3"),
            (System::Linux, "libcap.so.2"),
            (System::MacOs, "/usr/local/lib/libz.dylib"),
            (System::Windows, "libgcc_s_seh-1.dll"),
            (System::Windows, "VCRUNTIME140.dll"),
        ] {
            assert!(!comes_with(system, library), "{library}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_test_is_a_program_that_needs_the_c_library_and_is_no_plugin() -> Result<()> {
        let binary = std::fs::read(std::env::current_exe()?)?;
        assert!(needed(System::Linux, &binary, false)?.contains("libc.so.6"));
        assert!(entries(&binary).unwrap_err().to_string().contains("clap_entry is not exported"));
        // Which version it needs depends on the machine.
        let version =
            newest_glibc(&binary).map_or_else(|error| error.to_string(), |found| format!("{found:?}"));
        assert!(version.contains("GLIBC_2.") || version.starts_with("(2, "), "{version}");
        Ok(())
    }
}
