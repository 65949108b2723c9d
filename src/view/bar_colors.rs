//! The colors of bars, and of the names on them: dark or light ink, or a dark plate below the name.

use super::{
    palette::Rgb,
    timeline_entry::{Outcome, Purpose},
};

/// The colors of the bar of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BarColors {
    /// The bar.
    pub fill: Rgb,
    /// A name on it.
    pub text: Rgb,
    /// What is between the two.
    pub plate: Plate,
}

/// What a name on a bar is painted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plate {
    /// The bar itself.
    None,
    /// A plate in the color of the background: no ink is readable on the bar.
    Dark,
}

impl BarColors {
    /// How much of the background a plate has.
    pub const PLATE: f32 = 0.92;
    /// How much of its color the inside of a child has.
    pub const CHILD: f32 = 0.22;

    /// The bar of an attempt in a lane with a color. What undoes a step has that of the compensation.
    pub fn attempt(lane: Rgb, outcome: Outcome, purpose: Purpose) -> Self {
        let color = match purpose {
            Purpose::Undo => Rgb::PENDING,
            Purpose::Music | Purpose::Work => lane,
        };
        Self::of(match outcome {
            Outcome::Failed => Rgb::ALARM,
            Outcome::Interrupted => Rgb::QUEUED,
            Outcome::Running => color,
            Outcome::Completed | Outcome::Requeued => color.finished(),
        })
    }

    /// The bar of an activity that nobody has begun.
    pub fn queued() -> Self {
        Self::of(Rgb::QUEUED)
    }

    /// The bar of a color, with the ink that can be read on it.
    fn of(fill: Rgb) -> Self {
        let text = fill.text();
        match text.contrast(fill) >= Rgb::TEXT_CONTRAST {
            true => Self {
                fill,
                text,
                plate: Plate::None,
            },
            false => Self {
                fill,
                text: Rgb::TEXT,
                plate: Plate::Dark,
            },
        }
    }

    /// The outline of a child in a lane with a color. The inside is a part of it: [`Self::CHILD`].
    pub fn child(lane: Rgb, outcome: Outcome) -> Rgb {
        match outcome {
            Outcome::Failed => Rgb::ALARM,
            Outcome::Interrupted | Outcome::Requeued => Rgb::QUEUED,
            Outcome::Running | Outcome::Completed => lane,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Color;

    const OUTCOMES: [Outcome; 5] = [
        Outcome::Running,
        Outcome::Completed,
        Outcome::Failed,
        Outcome::Interrupted,
        Outcome::Requeued,
    ];
    const GROUNDS: [Rgb; 3] = [Rgb::BACKGROUND, Rgb::PANEL, Rgb::SELECTED];

    /// The colors of the window, those that scores name, and many that scores may mix.
    fn lanes() -> Vec<Rgb> {
        let named = Color::PALETTE.map(|(_, color)| Rgb([color.red, color.green, color.blue]));
        let steps = || (0..=255u8).step_by(51);
        let mixed =
            steps().flat_map(|r| steps().flat_map(move |g| steps().map(move |b| [r, g, b])));
        let of_scores = named.into_iter().chain(mixed.map(Rgb)).map(Rgb::for_lane);
        Rgb::LANES.into_iter().chain(of_scores).collect()
    }

    #[test]
    fn the_name_on_every_bar_has_the_contrast_of_text() {
        for lane in lanes().into_iter().chain([Rgb::PENDING]) {
            for outcome in OUTCOMES {
                let bar = BarColors::attempt(lane, outcome, Purpose::Work);
                let ground = match bar.plate {
                    Plate::None => bar.fill,
                    Plate::Dark => Rgb::BACKGROUND.over(bar.fill, BarColors::PLATE),
                };
                let contrast = bar.text.contrast(ground);
                assert!(contrast >= 7.0, "{lane:?}, {outcome:?}: {contrast}");
                let is_plain = bar.plate == Plate::None;
                assert!(
                    is_plain || outcome == Outcome::Interrupted,
                    "{lane:?}, {outcome:?}"
                );
                for ground in GROUNDS {
                    assert!(bar.fill.contrast(ground) >= 2.9, "{lane:?}, {outcome:?}");
                }
            }
        }
    }

    #[test]
    fn the_name_of_a_child_can_be_read_in_its_outline() {
        for lane in lanes() {
            for outcome in OUTCOMES {
                let edge = BarColors::child(lane, outcome);
                for ground in GROUNDS {
                    let inside = edge.over(ground, BarColors::CHILD);
                    let contrast = Rgb::TEXT.contrast(inside);
                    assert!(contrast >= 7.0, "{lane:?}, {outcome:?}: {contrast}");
                }
            }
        }
    }

    #[test]
    fn labels_on_plates_can_be_read_over_every_bar() {
        let bars = lanes().into_iter().chain([Rgb::ALARM, Rgb::QUEUED]);
        for bar in bars {
            let plate = Rgb::BACKGROUND.over(bar, BarColors::PLATE);
            for text in [Rgb::TEXT, Rgb::ALARM, Rgb::PENDING, Rgb::MUTED] {
                let contrast = text.contrast(plate);
                assert!(contrast >= 7.0, "{text:?} over {bar:?}: {contrast}");
            }
        }
    }
}
