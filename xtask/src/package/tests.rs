//! The installer and the archives, with a plugin that is none.

use std::process::Output;

use super::*;

/// A package of small files in place of the plugin and the trainer.
fn small_package(folder: &Path) -> Result<Vec<File>> {
    for program in [System::Linux.library_name(), TRAINER, APPLICATION] {
        std::fs::write(folder.join(program), program)?;
    }
    let mut documents = pages::pages()?;
    documents.insert("install.sh".into(), INSTALLER.into());
    documents.insert(DESKTOP_FILE.into(), DESKTOP_ENTRY.into());
    documents.insert(LICENCES.into(), b"Continuo contains 0 libraries.".to_vec());
    stage(System::Linux, folder, &folder.join("staged"), &documents)
}

fn unpack(tar_gz: &[u8], folder: &Path) -> Result<PathBuf> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(tar_gz));
    archive.unpack(folder)?;
    Ok(folder.join(package_name(System::Linux)))
}

fn install(package: &Path, home: &Path, options: &[&str]) -> Result<Output> {
    let mut sh = Command::new("sh");
    sh.arg(package.join("install.sh"))
        .args(options)
        .env("HOME", home)
        .env_remove("XDG_DATA_HOME")
        .env("DESTDIR", home.join("root"));
    Ok(sh.output()?)
}

#[test]
fn the_installer_puts_everything_in_its_place_and_takes_it_away_again() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let files = small_package(folder.path())?;
    let packages = archives(System::Linux, &files, 1_700_000_000)?;
    let package = unpack(&packages[0].1, &folder.path().join("with space"))?;
    let home = folder.path().join("the $home, 100%");
    let presets = home.join(".local/share/continuo/presets.json");
    write(&presets, b"{}")?;
    let user = [
        ".clap/Continuo.clap",
        ".vst3/Continuo.vst3/Contents/x86_64-linux/Continuo.so",
        ".local/bin/continuo-trainer",
        ".local/bin/continuo",
        ".local/share/applications/continuo.desktop",
    ]
    .map(|path| path.replace("x86_64", std::env::consts::ARCH));
    let system = [
        "root/usr/lib/clap/Continuo.clap",
        "root/usr/lib/vst3/Continuo.vst3",
        "root/usr/local/bin/continuo-trainer",
        "root/usr/local/bin/continuo",
        "root/usr/local/share/applications/continuo.desktop",
    ]
    .map(str::to_owned);
    // As the desktop entry specification has it: the folder's name with what a quoted argument escapes.
    let by_path = folder.path().join(r"the \\$home, 100%%/.local/bin/continuo");
    let by_path = format!("\"{}\"", by_path.display());
    for (options, places, program) in
        [(&[][..], user, by_path), (&["--system"], system, "continuo".to_owned())]
    {
        for _twice in 0..2 {
            let output = install(&package, &home, options)?;
            assert!(output.status.success(), "{output:?}");
            assert_eq!(String::from_utf8(output.stdout)?.lines().count(), 5);
        }
        let exist = || places.iter().map(|place| home.join(place).exists()).collect::<Vec<bool>>();
        assert_eq!(exist(), [true; 5]);
        let entry = std::fs::read_to_string(home.join(&places[4]))?;
        let started: Vec<&str> = entry.lines().filter_map(|line| line.strip_prefix("Exec=")).collect();
        assert_eq!(started, [program.as_str()]);
        let output = install(&package, &home, &[options, &["--uninstall"]].concat())?;
        assert!(output.status.success(), "{output:?}");
        assert_eq!(exist(), [false; 5]);
    }
    let exists = |folder: &str| home.join(folder).exists();
    for plugins in [".clap", ".vst3", "root/usr/lib/clap", "root/usr/lib/vst3"] {
        assert!(!exists(plugins), "{plugins}");
    }
    for shared in ["bin", "share/applications"] {
        assert!(
            exists(&format!(".local/{shared}")) && exists(&format!("root/usr/local/{shared}")),
            "{shared}"
        );
    }
    assert!(presets.exists());
    assert_eq!(install(&package, &home, &["--help"])?.status.code(), Some(2));
    Ok(())
}

#[test]
fn an_archive_unpacks_to_the_files_that_were_packed_with_programs_that_can_be_run() -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir()?;
    let mut files = small_package(folder.path())?;
    let packages = archives(System::Linux, &files, 1_700_000_000)?;
    let package = unpack(&packages[0].1, &folder.path().join("unpacked"))?;
    let mut unpacked = Vec::new();
    read_folder(&package, Path::new(""), &mut unpacked)?;
    for list in [&mut files, &mut unpacked] {
        list.sort_by(|a, b| a.path.cmp(&b.path));
    }
    assert_eq!(unpacked, files);
    for program in [TRAINER, "install.sh"] {
        assert_eq!(std::fs::metadata(package.join(program))?.permissions().mode() & 0o777, 0o755);
    }
    for document in ["README.html", "docs/MANUAL.html", "LICENSE-MIT", "LICENCES-OF-LIBRARIES.txt"] {
        assert!(package.join(document).exists(), "{document}");
    }
    Ok(())
}

#[test]
fn a_debian_package_has_its_three_parts_and_every_file_in_its_place() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let packages = archives(System::Linux, &small_package(folder.path())?, 1_700_000_000)?;
    let mut rest = packages[1].1.strip_prefix(b"!<arch>\n").context("no ar archive")?;
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let (header, data) = rest.split_at(60);
        let header = std::str::from_utf8(header)?;
        let size: usize = header[48..58].trim().parse()?;
        parts.push((header[..16].trim().to_owned(), &data[..size]));
        rest = &data[size.next_multiple_of(2).min(data.len())..];
    }
    let names: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["debian-binary", "control.tar.gz", "data.tar.gz"]);
    let list = |bytes: &[u8]| -> Result<Vec<String>> {
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes));
        archive.entries()?.map(|entry| Ok(entry?.path()?.display().to_string())).collect()
    };
    assert!(list(parts[1].1)?.iter().any(|path| path.trim_start_matches("./") == "control"));
    let data = list(parts[2].1)?;
    for place in
        ["usr/bin/continuo-trainer", "usr/lib/clap/Continuo.clap", "usr/share/doc/continuo/copyright"]
    {
        assert!(data.iter().any(|path| path.trim_start_matches("./") == place), "{place} is not in {data:?}");
    }
    assert!(!data.iter().any(|path| path.contains("install.sh")));
    Ok(())
}
