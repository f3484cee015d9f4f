// Plays the notes of a roll with a simple sound, like the plugin's preview: one note, one voice.
(() => {
  const TEMPO = 110;
  let playing = null;
  const stop = () => {
    if (!playing) return;
    playing.button.setAttribute("aria-pressed", "false");
    playing.button.textContent = "▶ Play";
    playing.audio.close();
    clearTimeout(playing.end);
    playing = null;
  };
  const hiss = (audio) => {
    const buffer = audio.createBuffer(1, audio.sampleRate / 4, audio.sampleRate);
    const samples = buffer.getChannelData(0);
    for (let i = 0; i < samples.length; i++) samples[i] = Math.random() * 2 - 1;
    return buffer;
  };
  const drum = (audio, noise, at, pitch, level) => {
    const gain = audio.createGain();
    const isLow = pitch < 37 || pitch === 41 || pitch === 43;
    const length = isLow ? 0.25 : 0.12;
    gain.gain.setValueAtTime(level, at);
    gain.gain.exponentialRampToValueAtTime(0.001, at + length);
    const source = isLow ? audio.createOscillator() : audio.createBufferSource();
    if (isLow) {
      source.frequency.setValueAtTime(130, at);
      source.frequency.exponentialRampToValueAtTime(45, at + 0.12);
    } else source.buffer = noise;
    const filter = audio.createBiquadFilter();
    filter.type = isLow ? "lowpass" : pitch === 38 || pitch === 40 ? "bandpass" : "highpass";
    filter.frequency.value = isLow ? 400 : pitch === 38 || pitch === 40 ? 1800 : 6000;
    source.connect(filter).connect(gain).connect(audio.destination);
    source.start(at);
    source.stop(at + length);
  };
  const tone = (audio, at, length, pitch, level) => {
    const voice = audio.createOscillator();
    const gain = audio.createGain();
    voice.type = "triangle";
    voice.frequency.value = 440 * 2 ** ((pitch - 69) / 12);
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(level, at + 0.008);
    gain.gain.setTargetAtTime(level * 0.5, at + 0.01, 0.25);
    gain.gain.setTargetAtTime(0, at + length, 0.05);
    voice.connect(gain).connect(audio.destination);
    voice.start(at);
    voice.stop(at + length + 0.4);
  };
  const play = (button) => {
    const { quarters, notes } = JSON.parse(button.dataset.sound);
    const audio = new AudioContext();
    const second = 60 / TEMPO;
    const begin = audio.currentTime + 0.1;
    const noise = hiss(audio);
    for (const [onset, duration, pitch, velocity, isDrum] of notes) {
      const level = 0.16 * (velocity / 127) ** 1.5;
      const at = begin + onset * second;
      if (isDrum) drum(audio, noise, at, pitch, 2 * level);
      else tone(audio, at, Math.max(duration * second * 0.95, 0.05), pitch, level);
    }
    button.setAttribute("aria-pressed", "true");
    button.textContent = "■ Stop";
    playing = { button, audio, end: setTimeout(stop, (quarters * second + 1) * 1000) };
  };
  for (const button of document.querySelectorAll("button[data-sound]")) {
    button.addEventListener("click", () => {
      const isSame = playing && playing.button === button;
      stop();
      if (!isSame) play(button);
    });
  }
})();
