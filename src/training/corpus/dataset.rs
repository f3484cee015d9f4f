//! The dataset file: all pieces in one flat file, read through a memory map, so a corpus need not fit into memory.
//!
//! ```text
//! head | records of 12 bytes, for each piece its notes, then its marks | table of pieces | report
//! ```
//!
//! Numbers are little-endian. The head is written last and holds checksums of everything after it, so a file that is
//! truncated, damaged or made from other music is never used.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use bytemuck::{Pod, Zeroable, bytes_of, pod_read_unaligned};
use memmap2::Mmap;

use crate::files::{self, Kind};
use crate::music::{Chord, Family, Feel, Meter, Mode, Note, Piece, PitchClassSet, Tick};
use crate::training::corpus::checksum::Checksum;
use crate::training::corpus::piece::KeyedPiece;

/// Version of the file's layout. Version 2 has the notes' feel, and chords.
const VERSION: u32 = 2;
const MAGIC: [u8; 8] = *b"CONTDATA";
/// The files that [`finish_file`] completes.
pub(super) const DATASET: Kind =
    Kind { name: "a dataset of Continuo", begins: |head| head.starts_with(&MAGIC) };

/// The first bytes of a file.
#[derive(Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
struct Head {
    magic: [u8; 8],
    version: u32,
    /// Always 0.
    reserved: u32,
    /// Hash of the MIDI files that the pieces come from.
    key: [u8; 32],
    n_records: u64,
    n_pieces: u64,
    report_length: u64,
    /// Of the records and the table.
    checksum: u64,
    report_checksum: u64,
}

/// A note.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct NoteRecord {
    onset: i32,
    duration: u32,
    pitch: u8,
    velocity: u8,
    family: u8,
    /// The code of its [`Feel`].
    feel: u8,
}

/// A mode (kind 0), meter (1), tempo (2) or chord (3) that holds from a tick on.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Mark {
    tick: i32,
    kind: u32,
    value: u32,
}

const RECORD_BYTES: usize = size_of::<NoteRecord>();

/// The place of a piece in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub(super) struct PieceRecord {
    /// Its first record.
    pub(super) first: u64,
    pub(super) n_notes: u32,
    pub(super) n_marks: u32,
    /// Index of its style.
    pub(super) style: u32,
    /// 0: training; 1: validation; others: unused.
    pub(super) part: u32,
}

/// Encodes a piece; returns the bytes of its records and how many are notes and how many marks.
pub(super) fn encode(piece: &KeyedPiece) -> (Vec<u8>, u32, u32) {
    let notes = &piece.piece.notes;
    let mut bytes = Vec::with_capacity((notes.len() + 8) * RECORD_BYTES);
    for note in notes {
        let record = NoteRecord {
            onset: note.onset.0 as i32,
            duration: note.duration.0 as u32,
            pitch: note.pitch,
            velocity: note.velocity,
            family: note.family.index() as u8,
            feel: Feel::code(note.feel),
        };
        bytes.extend_from_slice(bytes_of(&record));
    }
    let modes = piece.modes.iter().map(|(tick, mode)| (tick, 0, u32::from(*mode == Mode::Minor)));
    let meters =
        piece.piece.meters.iter().map(|(tick, meter)| {
            (tick, 1, u32::from(meter.numerator()) << 8 | u32::from(meter.denominator()))
        });
    let tempos = piece.piece.tempos.iter().map(|(tick, tempo)| (tick, 2, (*tempo as f32).to_bits()));
    let chords = piece.piece.chords.iter().map(|(tick, chord)| (tick, 3, packed_chord(*chord)));
    let mut n_marks = 0;
    for (tick, kind, value) in modes.chain(meters).chain(tempos).chain(chords) {
        bytes.extend_from_slice(bytes_of(&Mark { tick: tick.0 as i32, kind, value }));
        n_marks += 1;
    }
    (bytes, notes.len() as u32, n_marks)
}

/// All pieces; each is decoded on demand.
#[derive(Debug)]
pub(super) struct Dataset {
    bytes: Bytes,
    /// Offset of the records in `bytes`.
    begin: usize,
    pub(super) pieces: Vec<PieceRecord>,
    /// Equal for datasets with the same music in the same order.
    pub(super) checksum: u64,
}

#[derive(Debug)]
enum Bytes {
    Held(Vec<u8>),
    Mapped(Mmap),
}

impl Bytes {
    fn get(&self) -> &[u8] {
        match self {
            Self::Held(bytes) => bytes,
            Self::Mapped(map) => map,
        }
    }
}

impl Default for Dataset {
    fn default() -> Self {
        Self::held(Vec::new(), Vec::new())
    }
}

impl Dataset {
    /// A dataset in memory.
    pub(super) fn held(records: Vec<u8>, pieces: Vec<PieceRecord>) -> Self {
        let mut checksum = Checksum::default();
        checksum.add(&records);
        checksum.add(bytemuck::cast_slice(&pieces));
        Self { bytes: Bytes::Held(records), begin: 0, pieces, checksum: checksum.finish() }
    }

    /// Opens a file: its pieces and its report, or `None` if it is missing, damaged, or has another key.
    pub(super) fn open(path: &Path, key: [u8; 32]) -> Option<(Self, Vec<u8>)> {
        let mut file = files::open(path).ok()?;
        let mut head = Head::zeroed();
        file.read_exact(bytemuck::bytes_of_mut(&mut head)).ok()?;
        let is_known = head.magic == MAGIC && head.version == VERSION && head.key == key;
        if !is_known || head.file_length()? != file.metadata().ok()?.len() {
            return None;
        }
        if head.checksum != head.checksum_of(&mut file).ok()? {
            return None;
        }
        let map = map(&file)?;
        let table = size_of::<Head>() + head.n_records as usize * RECORD_BYTES;
        let report = table + head.n_pieces as usize * size_of::<PieceRecord>();
        let pieces: Vec<PieceRecord> =
            map.get(table..report)?.chunks_exact(size_of::<PieceRecord>()).map(pod_read_unaligned).collect();
        let is_inside = |piece: &PieceRecord| {
            let length = u64::from(piece.n_notes) + u64::from(piece.n_marks);
            piece.n_notes > 0 && piece.first.checked_add(length).is_some_and(|end| end <= head.n_records)
        };
        let report = map.get(report..)?.to_vec();
        if !pieces.iter().all(is_inside) || Checksum::of(&report) != head.report_checksum {
            return None;
        }
        let begin = size_of::<Head>();
        Some((Self { bytes: Bytes::Mapped(map), begin, pieces, checksum: head.checksum }, report))
    }

    /// Decodes a piece.
    pub(super) fn piece(&self, idx: usize) -> KeyedPiece {
        let record = &self.pieces[idx];
        let begin = self.begin + record.first as usize * RECORD_BYTES;
        let (n_notes, n_marks) = (record.n_notes as usize, record.n_marks as usize);
        let bytes = &self.bytes.get()[begin..begin + (n_notes + n_marks) * RECORD_BYTES];
        let (notes, marks) = bytes.split_at(n_notes * RECORD_BYTES);
        let mut piece = Piece {
            notes: notes.chunks_exact(RECORD_BYTES).map(|bytes| note(&pod_read_unaligned(bytes))).collect(),
            ..Piece::default()
        };
        let mut modes = Vec::new();
        for bytes in marks.chunks_exact(RECORD_BYTES) {
            let Mark { tick, kind, value } = pod_read_unaligned(bytes);
            let tick = Tick(tick.into());
            match kind {
                0 => modes.push((tick, if value == 1 { Mode::Minor } else { Mode::Major })),
                1 => {
                    piece.meters.extend(Meter::new(value >> 8, value & 0xff).ok().map(|meter| (tick, meter)));
                }
                3 => piece.chords.push((tick, unpacked_chord(value))),
                _ => piece.tempos.push((tick, f32::from_bits(value).into())),
            }
        }
        KeyedPiece { style: record.style as usize, modes, piece }
    }
}

/// Begins a new file by leaving room for its head. The records of the pieces follow.
pub(super) fn begin_file(file: &mut File) -> std::io::Result<BufWriter<&mut File>> {
    let mut file = BufWriter::with_capacity(1 << 20, file);
    file.write_all(&[0; size_of::<Head>()])?;
    Ok(file)
}

/// Completes a file after the records of its pieces.
pub(super) fn finish_file(
    mut file: BufWriter<&mut File>,
    key: [u8; 32],
    pieces: &[PieceRecord],
    report: &[u8],
) -> std::io::Result<()> {
    file.write_all(bytemuck::cast_slice(pieces))?;
    file.write_all(report)?;
    let file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    let n_records = pieces.iter().map(|piece| u64::from(piece.n_notes) + u64::from(piece.n_marks)).sum();
    let mut head = Head {
        magic: MAGIC,
        version: VERSION,
        reserved: 0,
        key,
        n_records,
        n_pieces: pieces.len() as u64,
        report_length: report.len() as u64,
        checksum: 0,
        report_checksum: Checksum::of(report),
    };
    head.checksum = head.checksum_of(file)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(bytes_of(&head))
}

/// A chord in 20 bits: the tones, of which the root is always one, then the root and the bass. 0 for none.
fn packed_chord(chord: Option<Chord>) -> u32 {
    chord.map_or(0, |chord| {
        let [root, bass] = [chord.root(), chord.bass()].map(u32::from);
        u32::from(chord.tones().bits()) | root << 12 | bass << 16
    })
}

fn unpacked_chord(packed: u32) -> Option<Chord> {
    let [root, bass] = [packed >> 12, packed >> 16].map(|bits| (bits & 15) as u8);
    (packed != 0).then(|| Chord::new(root, PitchClassSet::from_bits(packed as u16 & 0xfff), bass))
}

fn note(record: &NoteRecord) -> Note {
    Note {
        onset: Tick(record.onset.into()),
        duration: Tick(record.duration.into()),
        pitch: record.pitch,
        velocity: record.velocity,
        family: Family::from_index(record.family.into()).unwrap_or_default(),
        feel: Feel::from_code(record.feel),
    }
}

#[allow(unsafe_code, reason = "memory maps have no safe interface")]
fn map(file: &File) -> Option<Mmap> {
    // SAFETY: the file is written under another name and then renamed (`crate::files`), never changed in place, so
    // the mapped file keeps its bytes as long as the map lives, also when a newer file takes its name.
    unsafe { Mmap::map(file) }.ok()
}

impl Head {
    fn file_length(&self) -> Option<u64> {
        let records = self.n_records.checked_mul(RECORD_BYTES as u64)?;
        let table = self.n_pieces.checked_mul(size_of::<PieceRecord>() as u64)?;
        (size_of::<Self>() as u64).checked_add(records)?.checked_add(table)?.checked_add(self.report_length)
    }

    /// Checksum of the records and the table, computed while reading, so that they need not fit into memory.
    fn checksum_of(&self, file: &mut File) -> std::io::Result<u64> {
        file.seek(SeekFrom::Start(size_of::<Self>() as u64))?;
        let length = self.file_length().unwrap_or(0) - size_of::<Self>() as u64 - self.report_length;
        let mut rest = BufReader::with_capacity(1 << 20, file).take(length);
        let mut buffer = vec![0; 1 << 20];
        let mut checksum = Checksum::default();
        loop {
            match rest.read(&mut buffer)? {
                0 => return Ok(checksum.finish()),
                n_read => checksum.add(&buffer[..n_read]),
            }
        }
    }
}
