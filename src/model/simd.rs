//! Vector instructions and precision, chosen once for the processor.

/// The vector instructions of a kind of processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Simd {
    /// As [`Simd::Avx512`], and with AVX-512VNNI.
    Avx512Vnni,
    /// x86-64 with AVX-512F, AVX-512BW, AVX2 and FMA.
    Avx512,
    /// x86-64 with AVX2 and FMA.
    Avx2,
    /// Plain loops, vectorised by the compiler: NEON on ARM, SSE2 on an x86-64 older than 2013.
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
        [Self::Avx512Vnni, Self::Avx512, Self::Avx2, Self::Portable]
            .into_iter()
            .skip_while(|simd| *simd != best)
            .collect()
    }
}

/// How products of matrices are computed. Sums are f32 in both cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Products {
    /// Of f32 factors: the same bits on every processor that has fused multiply-add.
    F32(Simd),
    /// Of factors rounded to bf16 (eight bits of mantissa, the range of an f32): AVX-512BF16 multiplies two of
    /// them where it would multiply one f32.
    Bf16,
}

impl Products {
    /// Of f32 factors, with the best that this processor has.
    #[must_use]
    pub fn f32() -> Self {
        Self::F32(Simd::detect())
    }

    /// Of bf16 factors, if the processor has instructions for them.
    #[must_use]
    pub fn bf16() -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        if matches!(Simd::detect(), Simd::Avx512 | Simd::Avx512Vnni)
            && std::arch::is_x86_feature_detected!("avx512bf16")
        {
            return Some(Self::Bf16);
        }
        None
    }

    /// The fastest that this processor has.
    #[must_use]
    pub fn best() -> Self {
        Self::bf16().unwrap_or_else(Self::f32)
    }

    /// Whether this processor supports it.
    pub(crate) fn is_available(self) -> bool {
        match self {
            Self::F32(simd) => Simd::available().contains(&simd),
            Self::Bf16 => Self::bf16().is_some(),
        }
    }

    /// The number of 32-bit words that `length` numbers of a factor take.
    pub(crate) fn n_words(self, length: usize) -> usize {
        match self {
            Self::F32(_) => length,
            Self::Bf16 => length.div_ceil(2),
        }
    }
}
