//! How often the key found from the notes alone agrees with the key signature that a folder's files carry:
//! `cargo run --example key_agreement --no-default-features -- FOLDER...`

use std::path::{Path, PathBuf};

use continuo::music::{Key, Mode, best_scale_share, find_key, smf};

fn main() {
    println!(
        "folder\tfiles\tsigned\tsame signature\tminor found of minor written\tsections as signed\tin best scale"
    );
    for folder in std::env::args().skip(1) {
        println!("{folder}\t{}", agreement(Path::new(&folder)));
    }
}

fn agreement(folder: &Path) -> String {
    let (mut n_files, mut n_signed, mut n_same, mut n_minor, mut n_minor_found, mut n_as_signed) =
        (0, 0, 0, 0, 0, 0);
    let (mut n_sections, mut scale_share) = (0, 0.0);
    for path in midi_files(folder) {
        let Ok(piece) = smf::load(&path).map(|smf| smf.to_piece()) else {
            continue;
        };
        n_files += 1;
        scale_share += f64::from(best_scale_share(&piece.notes));
        // One signature for the whole piece, so that there is one answer.
        let ([(_, written)], Some((found, _))) = (&piece.keys[..], find_key(&piece.notes)) else {
            continue;
        };
        n_signed += 1;
        n_same += usize::from(signature(*written) == signature(found));
        if written.mode == Mode::Minor {
            n_minor += 1;
            n_minor_found += usize::from(found == *written);
        }
        let sections = piece.sections_by_key();
        n_sections += sections.len();
        n_as_signed += sections.iter().filter(|s| signature(s.key) == signature(*written)).count();
    }
    format!(
        "{n_files}\t{n_signed}\t{:.3}\t{n_minor_found}/{n_minor}\t{:.3}\t{:.3}",
        n_same as f64 / n_signed.max(1) as f64,
        n_as_signed as f64 / n_sections.max(1) as f64,
        scale_share / f64::from(n_files.max(1)),
    )
}

fn signature(key: Key) -> u8 {
    if key.mode == Mode::Minor { (key.tonic() + 3) % 12 } else { key.tonic() }
}

fn midi_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    paths.flat_map(|path| if path.is_dir() { midi_files(&path) } else { vec![path] }).collect()
}
