//! The colours of instruments, made in `OKLCh`, where one lightness looks equally bright in every hue, so that only
//! velocity and certainty make a note brighter or darker.

use egui::Color32;

use crate::music::Family;

/// A colour of lightness 0 to 1, strength 0 to 0.4 and hue in degrees, in `OKLCh`.
fn oklch(lightness: f32, strength: f32, hue: f32) -> Color32 {
    let (sin, cos) = hue.to_radians().sin_cos();
    let (a, b) = (strength * cos, strength * sin);
    // Björn Ottosson's matrices.
    let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let m = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    let linear = [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
        -0.004_196_086 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ];
    let [red, green, blue] = linear.map(|part| {
        let part = part.clamp(0.0, 1.0);
        let shown = if part <= 0.003_130_8 { 12.92 * part } else { 1.055 * part.powf(1.0 / 2.4) - 0.055 };
        (shown * 255.0).round() as u8
    });
    Color32::from_rgb(red, green, blue)
}

/// Hue of each family in degrees, and a factor on its strength. Families that often play together lie far apart.
const HUES: [(f32, f32); Family::COUNT] = [
    (72.0, 1.0),
    (100.0, 0.8),
    (40.0, 0.7),
    (140.0, 1.0),
    (258.0, 1.0),
    (10.0, 1.0),
    (305.0, 1.0),
    (50.0, 1.3),
    (120.0, 1.2),
    (220.0, 0.95),
    (345.0, 1.3),
    (280.0, 0.8),
    (235.0, 0.4),
    (85.0, 0.6),
    (30.0, 0.5),
    (180.0, 0.4),
    (90.0, 0.15),
];

/// One colour for each family.
pub(crate) fn families(lightness: f32, strength: f32) -> [Color32; Family::COUNT] {
    HUES.map(|(hue, share)| oklch(lightness, strength * share, hue))
}
