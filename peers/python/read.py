"""Reads every MIDI file of a folder: python read.py symusic|pretty_midi|music21 FOLDER [LIMIT]

With `compare NOTES_JSON FOLDER`: whether symusic finds the same notes as ours, in files that needed no repair
and hold no sustain pedal (which we count into a note's length, and symusic does not).
"""
import json
import pathlib
import sys
import time
import warnings

import network

warnings.simplefilter("ignore")


def files_in(folder):
    paths = pathlib.Path(folder).rglob("*")
    return sorted(str(path) for path in paths if path.suffix.lower() in (".mid", ".midi"))


if sys.argv[1] == "compare":
    import symusic

    ours = json.loads(pathlib.Path(sys.argv[2]).read_text())
    folder = pathlib.Path(sys.argv[3])
    same = different = skipped = 0
    examples = []
    for name, found in ours.items():
        try:
            score = symusic.Score(str(folder / name))
        except Exception:
            skipped += 1
            continue
        if found["warnings"] or any(c.number == 64 for track in score.tracks for c in track.controls):
            skipped += 1
            continue
        theirs = sorted((n.time, n.pitch, n.velocity, n.duration) for track in score.tracks for n in track.notes)
        if theirs == sorted(map(tuple, found["notes"])):
            same += 1
        else:
            different += 1
            examples.append(name)
    print(json.dumps({"same": same, "different": different, "skipped": skipped, "examples": examples[:5]}))
    sys.exit()

library, files = sys.argv[1], files_in(sys.argv[2])
files = files[: int(sys.argv[3])] if len(sys.argv) > 3 else files
if library == "symusic":
    import symusic

    read = lambda path: sum(len(track.notes) for track in symusic.Score(path).tracks)
elif library == "pretty_midi":
    import pretty_midi

    read = lambda path: sum(len(i.notes) for i in pretty_midi.PrettyMIDI(path).instruments)
else:
    import music21

    read = lambda path: len(music21.converter.parse(path, forceSource=True).flatten().notes)
notes = failed = 0
for path in files:
    pathlib.Path(path).read_bytes()
started = time.perf_counter()
for path in files:
    try:
        notes += read(path)
    except Exception:
        failed += 1
network.say([time.perf_counter() - started], files=len(files), notes=notes, failed=failed)
