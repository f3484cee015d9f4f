//! The macro that makes the knobs' types out of the table.

/// Declares [`Knob`](crate::player::Knob), [`ComposingKnobs`](crate::player::ComposingKnobs) and
/// [`PerformingKnobs`](crate::player::PerformingKnobs).
///
/// Each row is `field: type = default => Variant in Page { id, name, kind, hint, what departs from the usual }`.
macro_rules! knobs {
    (
        composing { $(
            $(#[$c_doc:meta])*
            $c_field:ident: $c_type:ty = $c_default:expr => $c_knob:ident in $c_page:ident {
                id: $c_id:literal, name: $c_name:literal, kind: $c_kind:expr, hint: $c_hint:literal
                $(, $c_key:ident: $c_value:expr)* $(,)?
            }
        )* }
        performing { $(
            $(#[$p_doc:meta])*
            $p_field:ident: $p_type:ty = $p_default:expr => $p_knob:ident in $p_page:ident {
                id: $p_id:literal, name: $p_name:literal, kind: $p_kind:expr, hint: $p_hint:literal
                $(, $p_key:ident: $p_value:expr)* $(,)?
            }
        )* }
        sound { $(
            $s_field:ident = $s_default:expr => $s_knob:ident in $s_page:ident {
                id: $s_id:literal, name: $s_name:literal, kind: $s_kind:expr, hint: $s_hint:literal
                $(, $s_key:ident: $s_value:expr)* $(,)?
            }
        )* }
    ) => {
        /// A knob that hosts automate and the editor shows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "each is the knob of its row in the table")]
        pub enum Knob {
            $($c_knob,)*
            $($p_knob,)*
            $($s_knob,)*
            /// Whether an instrument plays.
            Plays(Family),
            /// Whether a part is muted.
            Mutes(Part),
        }

        /// The rows of the table, numbered.
        enum Row { $($c_knob,)* $($p_knob,)* $($s_knob,)* Instruments }

        impl Knob {
            /// The rows of the table.
            const ROWS: [Self; Row::Instruments as usize] =
                [$(Self::$c_knob,)* $(Self::$p_knob,)* $(Self::$s_knob,)*];

            /// The knob's place in the table, below [`Knob::COUNT`].
            #[must_use]
            pub fn index(self) -> usize {
                match self {
                    $(Self::$c_knob => Row::$c_knob as usize,)*
                    $(Self::$p_knob => Row::$p_knob as usize,)*
                    $(Self::$s_knob => Row::$s_knob as usize,)*
                    Self::Plays(family) => Self::ROWS.len() + family.index(),
                    Self::Mutes(part) => Self::ROWS.len() + Family::COUNT + part.index(),
                }
            }

            /// What the table says of the knob.
            #[must_use]
            #[allow(clippy::needless_update, reason = "a row may say everything")]
            pub fn spec(self) -> KnobSpec {
                match self {
                    $(Self::$c_knob => KnobSpec {
                        id: $c_id, name: $c_name, kind: $c_kind, hint: $c_hint,
                        default: $c_kind.value(<$c_type>::number($c_default)), field: stringify!($c_field),
                        page: Page::$c_page, role: Role::Composing, $($c_key: $c_value,)* ..USUAL
                    },)*
                    $(Self::$p_knob => KnobSpec {
                        id: $p_id, name: $p_name, kind: $p_kind, hint: $p_hint,
                        default: $p_kind.value(<$p_type>::number($p_default)), field: stringify!($p_field),
                        page: Page::$p_page, role: Role::Performing, $($p_key: $p_value,)* ..USUAL
                    },)*
                    $(Self::$s_knob => KnobSpec {
                        id: $s_id, name: $s_name, kind: $s_kind, hint: $s_hint,
                        default: $s_default, field: stringify!($s_field),
                        page: Page::$s_page, role: Role::Sound, $($s_key: $s_value,)* ..USUAL
                    },)*
                    Self::Plays(family) => KnobSpec {
                        id: FAMILY_IDS[family.index()], name: family.name(), kind: Kind::SWITCH,
                        hint: "Whether this instrument may play.", default: 1.0, field: "families",
                        page: Page::Instruments, role: Role::Composing, option: CliOption::Special, ..USUAL
                    },
                    Self::Mutes(part) => KnobSpec {
                        id: MUTE_IDS[part.index()], name: MUTE_NAMES[part.index()], kind: Kind::SWITCH,
                        hint: "Leaves this part out. What is composed stays the same.", default: 0.0,
                        field: "muted", page: Page::Parts, role: Role::Performing, option: CliOption::Special,
                        is_in_presets: false, since: 4, ..USUAL
                    },
                }
            }
        }

        /// Knobs that change what is composed, from the next bar on.
        ///
        /// A bar belongs to the knobs with which it was composed: it is stale when they have other values one
        /// beat before it begins.
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct ComposingKnobs {
            $($(#[$c_doc])* pub $c_field: $c_type,)*
            /// Which instruments may play.
            pub families: FamilySet,
        }

        impl Default for ComposingKnobs {
            fn default() -> Self {
                Self { $($c_field: $c_default,)* families: FamilySet::ALL }
            }
        }

        impl ComposingKnobs {
            /// The knobs at the position values that `value` returns.
            pub fn from_values(value: impl Fn(Knob) -> f32) -> Self {
                let knobs = Self {
                    $($c_field: {
                        const KIND: Kind = $c_kind;
                        <$c_type>::from_number(KIND.number(value(Knob::$c_knob))).unwrap_or($c_default)
                    },)*
                    families: Family::all().filter(|family| value(Knob::Plays(*family)) > 0.5).collect(),
                };
                knobs.rounded()
            }

            /// Sets a knob to a number; `false` when it is none of these or has no such value.
            pub fn set(&mut self, knob: Knob, number: f64) -> bool {
                match knob {
                    $(Knob::$c_knob => set(&mut self.$c_field, number),)*
                    _ => false,
                }
            }

            /// The number of a knob; `None` when it is none of these.
            #[must_use]
            pub fn number(&self, knob: Knob) -> Option<f64> {
                match knob {
                    $(Knob::$c_knob => Some(self.$c_field.number()),)*
                    Knob::Plays(family) => Some(self.families.contains(family).number()),
                    _ => None,
                }
            }

            /// Every field's name with its number, as takes save them.
            pub fn fields(&self) -> impl Iterator<Item = (&'static str, f64)> {
                [$((stringify!($c_field), self.$c_field.number()),)* ("families", self.families.number())]
                    .into_iter()
            }

            /// The knobs of saved fields. Those that `number` does not return stand at their defaults.
            ///
            /// # Errors
            /// The name of a field whose number has no value.
            pub fn from_fields(number: impl Fn(&str) -> Option<f64>) -> Result<Self, &'static str> {
                let default = Self::default();
                let knobs = Self {
                    $($c_field: field(stringify!($c_field), &number, default.$c_field)?,)*
                    families: field("families", &number, default.families)?,
                };
                Ok(knobs.rounded())
            }

            /// Each field within its range by itself, fractions in thousandths.
            fn each_within_its_range(&self) -> Self {
                Self {
                    $($c_field: {
                        // Once, not at each block.
                        const NUMBERS: (f64, f64) = $c_kind.numbers();
                        let (min, max) = NUMBERS;
                        self.$c_field.within(min, max, $c_default).in_thousandths()
                    },)*
                    ..*self
                }
            }
        }

        /// Knobs that change how the music is played, at once. None of them changes what is composed.
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct PerformingKnobs {
            $($(#[$p_doc])* pub $p_field: $p_type,)*
            /// The parts that are left out.
            pub muted: PartSet,
            /// The velocity that velocity spread leaves as it is. No knob: the project decides it.
            pub spread_centre: SpreadCentre,
        }

        impl Default for PerformingKnobs {
            fn default() -> Self {
                Self {
                    $($p_field: $p_default,)*
                    muted: PartSet::EMPTY,
                    spread_centre: SpreadCentre::default(),
                }
            }
        }

        impl PerformingKnobs {
            /// The knobs at the position values that `value` returns.
            pub fn from_values(value: impl Fn(Knob) -> f32) -> Self {
                Self {
                    $($p_field: {
                        const KIND: Kind = $p_kind;
                        <$p_type>::from_number(KIND.number(value(Knob::$p_knob))).unwrap_or($p_default)
                    },)*
                    muted: Part::all().filter(|part| value(Knob::Mutes(*part)) > 0.5).collect(),
                    ..Self::default()
                }
            }

            /// Sets a knob to a number; `false` when it is none of these or has no such value.
            pub fn set(&mut self, knob: Knob, number: f64) -> bool {
                match knob {
                    $(Knob::$p_knob => set(&mut self.$p_field, number),)*
                    _ => false,
                }
            }

            /// The same knobs within their ranges. What is not a number becomes the default.
            #[must_use]
            pub fn within_ranges(&self) -> Self {
                Self {
                    $($p_field: {
                        const NUMBERS: (f64, f64) = $p_kind.numbers();
                        let (min, max) = NUMBERS;
                        self.$p_field.within(min, max, $p_default)
                    },)*
                    ..*self
                }
            }
        }
    };
}
