//! Controllers that were let through from the input, and how they are put back.

use crate::player::events::EventList;

/// What the messages that were let through have left behind on each channel: pedals that are down, pitch bend and
/// pressure.
///
/// Once thru is off, what the user lifts no longer comes through, and notes would sound on, or out of tune.
/// So they are put back with [`Controllers::reset`].
#[derive(Debug, Default)]
pub(crate) struct Controllers {
    channels: [Channel; 16],
    /// Whether there may be anything to put back.
    is_changed: bool,
    /// Whether a message was lost for want of room: nobody knows what has been left behind.
    has_lost: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Channel {
    /// Those of [`PEDALS`] that are down.
    pedals: [bool; PEDALS.len()],
    is_bent: bool,
    is_pressed: bool,
}

/// The controllers that hold notes: sustain, sostenuto and hold 2.
const PEDALS: [u8; 3] = [64, 66, 69];
/// The most messages that [`Controllers::reset`] sends.
const N_RESETS: usize = 16 * (PEDALS.len() + 2);

impl Controllers {
    /// Lets a message through, if there is room for it beside `n_reserved` other events.
    pub(crate) fn let_through(
        &mut self,
        message: [u8; 3],
        offset: u32,
        n_reserved: usize,
        events: &mut EventList,
    ) {
        if events.room() <= n_reserved + N_RESETS {
            self.has_lost = true;
        } else if events.push_message(offset, message) {
            self.remember(message);
        }
    }

    fn remember(&mut self, [status, first, second]: [u8; 3]) {
        self.is_changed = true;
        let Some(channel) = self.channels.get_mut(usize::from(status & 15)) else { return };
        match status >> 4 {
            0xb => {
                if let Some(idx) = PEDALS.iter().position(|pedal| *pedal == first)
                    && let Some(is_down) = channel.pedals.get_mut(idx)
                {
                    *is_down = second > 0;
                }
            }
            0xd => channel.is_pressed = first > 0,
            0xe => channel.is_bent = (first, second) != CENTRE,
            _ => {}
        }
    }

    /// Puts everything back if a message was lost in an earlier block.
    pub(crate) fn recover(&mut self, events: &mut EventList) {
        if self.has_lost && events.room() > N_RESETS {
            self.has_lost = false;
            let unknown = Channel { pedals: [true; PEDALS.len()], is_bent: true, is_pressed: true };
            (self.channels, self.is_changed) = ([unknown; 16], true);
            self.reset(0, events);
        }
    }

    /// Lifts the pedals, centres pitch bend and ends pressure, where they were let through. What there is no room
    /// for comes with the next call.
    pub(crate) fn reset(&mut self, offset: u32, events: &mut EventList) {
        if !self.is_changed {
            return;
        }
        self.is_changed = false;
        for (number, channel) in (0_u8..).zip(&mut self.channels) {
            for (pedal, is_down) in PEDALS.into_iter().zip(&mut channel.pedals) {
                *is_down = *is_down && !events.push_message(offset, [0xb0 | number, pedal, 0]);
            }
            let (low, high) = CENTRE;
            channel.is_bent = channel.is_bent && !events.push_message(offset, [0xe0 | number, low, high]);
            channel.is_pressed = channel.is_pressed && !events.push_message(offset, [0xd0 | number, 0, 0]);
            self.is_changed |= channel.is_bent || channel.is_pressed || channel.pedals.contains(&true);
        }
    }
}

/// The two data bytes of no pitch bend.
const CENTRE: (u8, u8) = (0, 64);

#[cfg(test)]
mod tests {
    use crate::player::events::{EventKind, EventList};
    use crate::player::performing::controllers::Controllers;

    fn messages(events: &EventList) -> Vec<[u8; 3]> {
        let message = |event: &crate::player::Event| match event.kind {
            EventKind::Message(message) => Some(message),
            EventKind::On { .. } | EventKind::Off { .. } => None,
        };
        events.as_slice().iter().filter_map(message).collect()
    }

    fn reset_after(let_through: &[[u8; 3]]) -> Vec<[u8; 3]> {
        let (mut controllers, mut events) = (Controllers::default(), EventList::default());
        for message in let_through {
            controllers.let_through(*message, 0, 0, &mut events);
        }
        assert_eq!(messages(&events), let_through);
        events.clear();
        controllers.reset(7, &mut events);
        let reset = messages(&events);
        events.clear();
        controllers.reset(7, &mut events);
        assert_eq!(messages(&events), <[[u8; 3]; 0]>::default(), "once is enough");
        reset
    }

    #[test]
    fn pedals_bend_and_pressure_are_put_back_where_they_were_left() {
        assert_eq!(reset_after(&[[0xb2, 64, 127]]), [[0xb2, 64, 0]]);
        assert_eq!(reset_after(&[[0xb2, 64, 127], [0xb2, 64, 0]]), <[[u8; 3]; 0]>::default());
        assert_eq!(reset_after(&[[0xe1, 0, 0], [0xdf, 9, 0]]), [[0xe1, 0, 64], [0xdf, 0, 0]]);
        assert_eq!(reset_after(&[[0xe1, 0, 64], [0xb0, 7, 100], [0xc0, 5, 0]]), <[[u8; 3]; 0]>::default());
    }

    #[test]
    fn after_a_flood_everything_is_put_back() {
        let (mut controllers, mut events) = (Controllers::default(), EventList::with_capacity(200));
        for _ in 0..300 {
            controllers.let_through([0xb0, 64, 127], 0, 10, &mut events);
        }
        assert!(events.room() > 10, "there is room for note-offs");
        events.clear();
        controllers.recover(&mut events);
        assert!(messages(&events).contains(&[0xb0, 64, 0]));
        events.clear();
        controllers.recover(&mut events);
        assert_eq!(messages(&events), <[[u8; 3]; 0]>::default());
    }
}
