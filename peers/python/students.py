"""A typical student program: python students.py FOLDER OUT.mid [BATCHES]

music21 reads chords and notes; two Keras LSTM layers of 256 with dropout learn which one follows the hundred
before, batch 32; five hundred are drawn and written. Such programs train for fifty epochs; BATCHES batches of
one epoch are measured, and the epoch is extrapolated from them.
"""
import json
import os
import pathlib
import sys
import time

os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
import keras
import music21
import numpy as np

folder, out = pathlib.Path(sys.argv[1]), sys.argv[2]
n_batches = int(sys.argv[3]) if len(sys.argv) > 3 else 100
started = time.perf_counter()
words = []
for path in sorted(folder.rglob("*.mid")):
    for element in music21.converter.parse(str(path), forceSource=True).chordify().flatten().notes:
        words.append(".".join(str(p) for p in element.normalOrder) if element.isChord else str(element.pitch))
read_seconds = time.perf_counter() - started
names = sorted(set(words))
number = {name: idx for idx, name in enumerate(names)}
ids = np.array([number[word] for word in words])
windows = np.lib.stride_tricks.sliding_window_view(ids, 101)
x, y = (windows[:, :100, None] / len(names)).astype(np.float32), windows[:, 100]
model = keras.Sequential([
    keras.layers.Input((100, 1)),
    keras.layers.LSTM(256, return_sequences=True),
    keras.layers.Dropout(0.3),
    keras.layers.LSTM(256),
    keras.layers.Dense(256),
    keras.layers.Dropout(0.3),
    keras.layers.Dense(len(names), activation="softmax"),
])
model.compile(loss="sparse_categorical_crossentropy", optimizer="rmsprop")
model.fit(x[:64], y[:64], batch_size=32, verbose=0)  # builds the graph
started = time.perf_counter()
n_batches = min(n_batches, len(x) // 32)
model.fit(x[: n_batches * 32], y[: n_batches * 32], batch_size=32, verbose=0)
batch_seconds = (time.perf_counter() - started) / n_batches
started = time.perf_counter()
pattern, stream = list(x[0, :, 0]), music21.stream.Stream()
for idx in range(500):
    best = int(model.predict(np.array(pattern[-100:], np.float32)[None, :, None], verbose=0).argmax())
    pattern.append(best / len(names))
    name = names[best]
    is_chord = "." in name or name.isdigit()
    pitches = [int(p) for p in name.split(".")] if is_chord else [name]
    element = music21.chord.Chord(pitches) if is_chord else music21.note.Note(name)
    stream.insert(idx * 0.5, element)
stream.write("midi", fp=out)
print(json.dumps({
    "read_seconds": read_seconds, "windows": len(x), "batch_seconds": batch_seconds,
    "epoch_seconds": batch_seconds * (len(x) // 32), "measured_batches": n_batches,
    "generate_seconds": time.perf_counter() - started,
}))
