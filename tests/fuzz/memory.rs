//! Memory that a reader may take, as a multiple of its input.

use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What any reader may take whatever the input: tables and buffers of fixed size.
const FIXED_BYTES: usize = 1 << 20;

/// Runs `read`, and panics if its memory grew by more than `bytes_per_byte` for each byte of input.
pub fn bounded<T>(input: &[u8], bytes_per_byte: usize, read: impl FnOnce(&[u8]) -> T) -> T {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let outcome = read(input);
    let taken = MEMORY.peak_usage().saturating_sub(before);
    let allowed = FIXED_BYTES + bytes_per_byte * input.len();
    assert!(taken <= allowed, "{taken} bytes of memory for {} of input, more than {allowed}", input.len());
    outcome
}
