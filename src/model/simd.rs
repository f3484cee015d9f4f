//! Which vector instructions to compute with, asked of the processor once.

/// A kind of processor that there is code for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Simd {
    /// As [`Simd::Avx512`], and with AVX-512VNNI.
    Avx512Vnni,
    /// x86-64 with AVX-512F, AVX-512BW, AVX2 and FMA.
    Avx512,
    /// x86-64 with AVX2 and FMA.
    Avx2,
    /// Whatever the compiler makes of plain loops: NEON on ARM, SSE2 on an x86-64 older than 2013.
    Portable,
}

impl Simd {
    /// The best that this processor has.
    #[must_use]
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            let has_avx2 = has!("avx2") && has!("fma");
            if has_avx2 && has!("avx512f") && has!("avx512bw") {
                return if has!("avx512vnni") { Self::Avx512Vnni } else { Self::Avx512 };
            }
            if has_avx2 {
                return Self::Avx2;
            }
        }
        Self::Portable
    }

    /// Every kind that runs on this processor, the best first.
    #[must_use]
    pub fn available() -> Vec<Self> {
        let best = Self::detect();
        [Self::Avx512Vnni, Self::Avx512, Self::Avx2, Self::Portable].into_iter().skip_while(|simd| *simd != best).collect()
    }
}
