"""Renders Continuo's VST3 in dawdreamer and in pedalboard, and checks what comes out."""

import sys
import tempfile
from pathlib import Path

import dawdreamer
import numpy
import pedalboard

VST3 = sys.argv[1]
RATE, BLOCK, SECONDS = 48_000, 512, 8.0
AUDIBLE = 1e-4


def parameter(processor, name):
    for entry in processor.get_parameters_description():
        if entry["name"] == name:
            return entry["index"]
    raise SystemExit(f"dawdreamer shows no parameter {name!r}")


def render(turned=(), state=None, saves=None):
    """What a fresh instance plays from the start of the song, rendered as soon as it is loaded."""
    engine = dawdreamer.RenderEngine(RATE, BLOCK)
    engine.set_bpm(120.0)
    processor = engine.make_plugin_processor("continuo", VST3)
    if state is not None:
        processor.load_state(state)
    for name, value in (("Preview sound", 1.0), *turned):
        processor.set_parameter(parameter(processor, name), value)
    engine.load_graph([(processor, [])])
    engine.render(SECONDS)
    if saves is not None:
        processor.save_state(saves)
    return numpy.asarray(engine.get_audio())


def first_sound(audio):
    loud = numpy.flatnonzero(numpy.abs(audio).max(axis=0) > AUDIBLE)
    return loud[0] / RATE if len(loud) else None


def check(is_right, what):
    print(("ok    " if is_right else "FALSE ") + what)
    return is_right


def in_dawdreamer():
    results = []
    for turned in ((), (("Seed", 0.33), ("Temperature", 0.45), ("Density", 0.65))):
        name = "knobs turned" if turned else "as it is"
        with tempfile.TemporaryDirectory() as folder:
            state = str(Path(folder) / "state")
            first = render(turned, saves=state)
            again = render(turned)
            reloaded = render(state=state)
        begin = first_sound(first)
        sounds = begin is not None and begin < 0.1
        results.append(check(sounds, f"dawdreamer, {name}: the first sound is at {begin} s"))
        results.append(check(numpy.array_equal(first, again), f"dawdreamer, {name}: two renders are equal"))
        same = numpy.array_equal(first, reloaded)
        results.append(check(same, f"dawdreamer, {name}: it is equal after the state was loaded again"))
    return results


def in_pedalboard():
    """pedalboard has no song position, so nothing is composed to be heard: what comes out is silence."""
    def load():
        plugin = pedalboard.load_plugin(VST3)
        plugin.preview_sound = True
        return plugin

    plugin = load()
    state = plugin.raw_state
    audio = [p([], duration=2.0, sample_rate=RATE, num_channels=2) for p in (plugin, load())]
    reloaded = load()
    reloaded.raw_state = state
    audio.append(reloaded([], duration=2.0, sample_rate=RATE, num_channels=2))
    begin = first_sound(audio[0])
    print(f"      pedalboard: the first sound is at {begin} s")
    return [
        check(numpy.array_equal(audio[0], audio[1]), "pedalboard: two renders are equal"),
        check(numpy.array_equal(audio[0], audio[2]), "pedalboard: it is equal after the state was loaded again"),
    ]


if not all(in_dawdreamer() + in_pedalboard()):
    raise SystemExit(1)
