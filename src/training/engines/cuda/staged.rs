//! Windows in the form that is uploaded to the GPU.

use crate::model::network::N_HEADS;
use crate::training::windows::Window;

/// The windows of all lanes as one, time-major, ready for upload.
#[derive(Debug, Default)]
pub struct Staged {
    /// Rows of the embedding and of each head's table, concatenated.
    pub(super) rows: [Vec<u32>; 1 + N_HEADS],
    /// Where each position's rows begin and end.
    pub(super) spans: [Vec<u32>; 1 + N_HEADS],
    /// `[N, 7]`: the classes of the six parts and the lowest possible pitch; negative for padding.
    pub(super) targets: Vec<i32>,
    /// Whether a piece begins at each position.
    pub(super) begins: Vec<u8>,
}

impl Staged {
    /// Joins the windows of all lanes, which must have the same number of steps.
    #[must_use]
    pub fn new(lanes: &[&Window]) -> Self {
        let mut staged = Self::default();
        for (lane, idx) in positions(lanes) {
            let classes = lane.parts[idx].classes().into_iter().chain([lane.lowest_pitches[idx]]);
            let counts = lane.counts[idx];
            staged.targets.extend(classes.map(|class| if counts { class as i32 } else { -1 }));
            staged.begins.push(u8::from(lane.beginnings[idx]));
            for list_idx in 0..=N_HEADS {
                let lists = list_idx.checked_sub(1).map_or(&lane.step_rows, |head| &lane.head_rows[head]);
                let (rows, spans) = (&mut staged.rows[list_idx], &mut staged.spans[list_idx]);
                spans.push(rows.len() as u32);
                rows.extend_from_slice(lists.get(idx));
                spans.push(rows.len() as u32);
            }
        }
        staged
    }
}

/// Every position of the joined lanes, time-major.
fn positions<'a>(lanes: &'a [&'a Window]) -> impl Iterator<Item = (&'a Window, usize)> {
    let n_steps = lanes.iter().map(|lane| lane.n_steps).max().unwrap_or_default();
    (0..n_steps).flat_map(move |step| {
        lanes.iter().flat_map(move |lane| {
            (0..lane.n_streams).map(move |stream| (*lane, step * lane.n_streams + stream))
        })
    })
}
