//! The innermost loop of a step: 32 rows of 8-bit weights times a few rows of 16-bit inputs.
//!
//! Sums are of whole numbers in 32 bits, exact on every processor.

use crate::model::simd::Simd;

/// How many lines ahead weights are prefetched. The processor's own prefetching ends with each page, and
/// large networks come from the third cache: this makes a step of 2x512 a fifth faster.
#[cfg(target_arch = "x86_64")]
const LINES_AHEAD: usize = 32;
/// Rows of a panel.
pub(super) const PANEL_ROWS: usize = 32;

/// The weights of a panel's rows for two inputs, row by row: a cache line.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Line(pub(super) [i8; 2 * PANEL_ROWS]);

impl Line {
    pub(super) const ZERO: Self = Self([0; 2 * PANEL_ROWS]);
}

/// The sums of products of each row of a panel with each of `N` inputs; two numbers of an input for each line.
///
/// Weights come from memory, so several inputs together cost little more than one.
pub(super) fn multiply<const N: usize>(
    simd: Simd,
    panel: &[Line],
    inputs: [&[i16]; N],
) -> [[i32; PANEL_ROWS]; N] {
    let inputs = inputs.map(|input| {
        let (pairs, _) = input.as_chunks::<2>();
        assert_eq!(pairs.len(), panel.len(), "two inputs for each line of weights");
        pairs
    });
    #[allow(unsafe_code, reason = "the only way to call code for a processor found at run time")]
    match simd {
        // SAFETY: a `Simd` is made only for a processor that has its features.
        #[cfg(target_arch = "x86_64")]
        Simd::Avx512Vnni => unsafe { x86::avx512_vnni(panel, inputs) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Simd::Avx512 => unsafe { x86::avx512(panel, inputs) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Simd::Avx2 => inputs.map(|pairs| unsafe { x86::avx2(panel, pairs) }),
        _ => inputs.map(|pairs| portable(panel, pairs)),
    }
}

/// Plain loops; vectorised by the compiler for what every processor of its kind has.
fn portable(panel: &[Line], pairs: &[[i16; 2]]) -> [i32; PANEL_ROWS] {
    let mut sums = [0; PANEL_ROWS];
    for (Line(weights), pair) in panel.iter().zip(pairs) {
        let [even, odd] = pair.map(i32::from);
        for (sum, weights) in sums.iter_mut().zip(weights.as_chunks::<2>().0) {
            *sum += i32::from(weights[0]) * even + i32::from(weights[1]) * odd;
        }
    }
    sums
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "vectors of a processor found at run time")]
mod x86 {
    use std::arch::x86_64::{
        _MM_HINT_T0, _mm_loadu_si128, _mm_prefetch, _mm256_add_epi32, _mm256_cvtepi8_epi16,
        _mm256_loadu_si256, _mm256_madd_epi16, _mm256_set1_epi32, _mm256_setzero_si256, _mm256_storeu_si256,
        _mm512_add_epi32, _mm512_cvtepi8_epi16, _mm512_dpwssd_epi32, _mm512_madd_epi16, _mm512_set1_epi32,
        _mm512_setzero_si512, _mm512_storeu_si512,
    };

    use crate::model::packed::kernel::{LINES_AHEAD, Line, PANEL_ROWS};

    fn both([even, odd]: [i16; 2]) -> i32 {
        i32::from(odd) << 16 | i32::from(even as u16)
    }

    /// Defines a function that adds the products of `$weights` and `$input` to `$sum` line by line, on a
    /// processor with `$features`.
    macro_rules! with_avx512 {
        ($name:ident, $features:literal, |$sum:ident, $weights:ident, $input:ident| $add:expr) => {
            /// # Safety
            /// The processor has the features that are enabled here.
            #[target_feature(enable = $features)]
            pub(super) unsafe fn $name<const N: usize>(
                panel: &[Line],
                inputs: [&[[i16; 2]]; N],
            ) -> [[i32; PANEL_ROWS]; N] {
                let mut sums = [[_mm512_setzero_si512(); 2]; N];
                let mut idx = 0;
                while idx < panel.len() && inputs.iter().all(|pairs| idx < pairs.len()) {
                    let line = panel[idx].0.as_ptr();
                    _mm_prefetch::<_MM_HINT_T0>(line.wrapping_add(LINES_AHEAD * size_of::<Line>()));
                    // SAFETY: a line holds two times 32 bytes.
                    let halves =
                        unsafe { [_mm256_loadu_si256(line.cast()), _mm256_loadu_si256(line.add(32).cast())] };
                    let halves = [_mm512_cvtepi8_epi16(halves[0]), _mm512_cvtepi8_epi16(halves[1])];
                    let mut nth = 0;
                    while nth < N {
                        let $input = _mm512_set1_epi32(both(inputs[nth][idx]));
                        let mut half = 0;
                        while half < 2 {
                            let ($sum, $weights) = (sums[nth][half], halves[half]);
                            sums[nth][half] = $add;
                            half += 1;
                        }
                        nth += 1;
                    }
                    idx += 1;
                }
                let mut out = [[0; PANEL_ROWS]; N];
                for (out, sums) in out.iter_mut().zip(sums) {
                    // SAFETY: the array holds two times sixteen sums.
                    unsafe {
                        _mm512_storeu_si512(out.as_mut_ptr().cast(), sums[0]);
                        _mm512_storeu_si512(out.as_mut_ptr().add(16).cast(), sums[1]);
                    }
                }
                out
            }
        };
    }

    with_avx512!(avx512, "avx512f,avx512bw", |sum, weights, input| {
        _mm512_add_epi32(sum, _mm512_madd_epi16(weights, input))
    });
    with_avx512!(avx512_vnni, "avx512f,avx512bw,avx512vnni", |sum, weights, input| {
        _mm512_dpwssd_epi32(sum, weights, input)
    });

    /// # Safety
    /// The processor has AVX2.
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn avx2(panel: &[Line], pairs: &[[i16; 2]]) -> [i32; PANEL_ROWS] {
        let mut sums = [_mm256_setzero_si256(); 4];
        let mut idx = 0;
        while idx < panel.len() && idx < pairs.len() {
            let input = _mm256_set1_epi32(both(pairs[idx]));
            let weights = panel[idx].0.as_ptr();
            _mm_prefetch::<_MM_HINT_T0>(weights.wrapping_add(LINES_AHEAD * size_of::<Line>()));
            let mut quarter = 0;
            while quarter < 4 {
                // SAFETY: a line holds four times 16 bytes.
                let bytes = unsafe { _mm_loadu_si128(weights.add(16 * quarter).cast()) };
                let products = _mm256_madd_epi16(_mm256_cvtepi8_epi16(bytes), input);
                sums[quarter] = _mm256_add_epi32(sums[quarter], products);
                quarter += 1;
            }
            idx += 1;
        }
        let mut out = [0; PANEL_ROWS];
        let mut quarter = 0;
        while quarter < 4 {
            // SAFETY: the array holds four times eight sums.
            unsafe { _mm256_storeu_si256(out.as_mut_ptr().add(8 * quarter).cast(), sums[quarter]) };
            quarter += 1;
        }
        out
    }
}
