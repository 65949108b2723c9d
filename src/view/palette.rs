//! The colors of the window: few, high in contrast, and distinct for people with color blindness.

use super::color_vision::ColorVision;

/// Red, green and blue, 0 to 255 each, in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rgb(pub [u8; 3]);

impl Rgb {
    /// The least distance between the color of a lane and that of a status.
    pub const APART: f32 = 18.0;
    /// The least contrast of text with what is behind it.
    pub const TEXT_CONTRAST: f32 = 7.0;

    /// Behind everything.
    pub const BACKGROUND: Self = Self([7, 9, 13]);
    /// Behind bars and panels.
    pub const PANEL: Self = Self([14, 17, 23]);
    /// Behind the selected lane.
    pub const SELECTED: Self = Self([24, 33, 47]);
    /// Buttons at rest.
    pub const BUTTON: Self = Self([29, 35, 46]);
    /// The edge of a button: it shows where the button is.
    pub const EDGE: Self = Self([112, 123, 142]);
    /// Lines between things, bars and beats.
    pub const LINE: Self = Self([64, 71, 83]);
    /// Primary text, and the frame of the selected lane.
    pub const TEXT: Self = Self([243, 246, 250]);
    /// Secondary text.
    pub const MUTED: Self = Self([168, 177, 192]);
    /// Status: it runs, or it has completed. Shape and word tell which.
    pub const GOOD: Self = Self::TEXT;
    /// Status: failure and danger.
    pub const ALARM: Self = Self([246, 143, 117]);
    /// Status: it waits.
    pub const PENDING: Self = Self([238, 198, 91]);
    /// Status: paused, or ended.
    pub const HELD: Self = Self([181, 171, 178]);
    /// Replay: a moment of the past is shown.
    pub const REPLAY: Self = Self([255, 176, 0]);
    /// Scheduled work that has not started.
    pub const QUEUED: Self = Self([102, 113, 132]);

    /// The colors of the status of a lane. No lane has a color that could be taken for one of them.
    pub const STATUSES: [Self; 4] = [Self::GOOD, Self::ALARM, Self::PENDING, Self::HELD];

    /// The colors of lanes whose score names none, in order.
    pub const LANES: [Self; 5] = [
        Self([173, 208, 255]),
        Self([110, 229, 173]),
        Self([255, 103, 250]),
        Self([20, 173, 255]),
        Self([236, 236, 40]),
    ];

    /// The colors that scores name, as lanes show them. Those of the scores are too dark for names, are
    /// alike for people with a color blindness, or could be taken for a status. These were searched for
    /// with a computer: near in hue where statuses leave room, apart in lightness where hues are alike.
    const NAMED: [(Self, Self); 8] = [
        (Self([0x56, 0xB4, 0xE9]), Self([173, 208, 255])),
        (Self([0xF0, 0xE4, 0x42]), Self([236, 236, 40])),
        (Self([0x00, 0x9E, 0x73]), Self([110, 229, 173])),
        (Self([0xCC, 0x79, 0xA7]), Self([255, 103, 250])),
        (Self([0xE6, 0x9F, 0x00]), Self([194, 255, 152])),
        (Self([0x00, 0x72, 0xB2]), Self([20, 173, 255])),
        (Self([0xD5, 0x5E, 0x00]), Self([159, 250, 173])),
        (Self([0x9A, 0x7F, 0xE0]), Self([201, 138, 208])),
    ];

    /// The color of the lane with that number; they repeat.
    pub fn of_lane(place: usize) -> Self {
        Self::LANES
            .get(place % Self::LANES.len())
            .copied()
            .unwrap_or(Self::TEXT)
    }

    /// This color over `other`: 0 gives `other`, 1 this.
    pub fn over(self, other: Self, amount: f32) -> Self {
        let amount = amount.clamp(0.0, 1.0);
        let mix = |a: u8, b: u8| (f32::from(a) * amount + f32::from(b) * (1.0 - amount)) as u8;
        let (Self([r, g, b]), Self([s, t, u])) = (self, other);
        Self([mix(r, s), mix(g, t), mix(b, u)])
    }

    /// The color, brightened until it is readable on the background.
    pub fn readable(self) -> Self {
        let mut color = self;
        for _ in 0..20 {
            if color.contrast(Self::BACKGROUND) >= Self::TEXT_CONTRAST {
                break;
            }
            color = Self::TEXT.over(color, 0.12);
        }
        color
    }

    /// The color of a bar that has ended: darker, as far as a name on it can be read.
    pub fn finished(self) -> Self {
        let parts = [0.86, 0.89, 0.92, 0.95, 0.98].into_iter();
        let mut darker = parts.map(|part| self.over(Self::BACKGROUND, part));
        let is_readable = |color: &Self| color.contrast(Self::BACKGROUND) >= Self::TEXT_CONTRAST;
        darker.find(is_readable).unwrap_or(self)
    }

    /// The color of text on a ground of this color.
    pub fn text(self) -> Self {
        match self.contrast(Self::BACKGROUND) >= self.contrast(Self::TEXT) {
            true => Self::BACKGROUND,
            false => Self::TEXT,
        }
    }

    /// Contrast as the Web Content Accessibility Guidelines define it, 1 to 21.
    pub fn contrast(self, other: Self) -> f32 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Colors from which others are mixed.
    const PURE: [Self; 6] = [
        Self([0, 114, 255]),
        Self([0, 230, 160]),
        Self([255, 60, 220]),
        Self([120, 90, 255]),
        Self([160, 255, 0]),
        Self([0, 200, 255]),
    ];

    /// The color of a score as a lane shows it: the one that belongs to a name, or else the nearest one
    /// that is readable and cannot be taken for a status.
    pub fn for_lane(self) -> Self {
        if let Some((_, shown)) = Self::NAMED.iter().find(|(named, _)| *named == self) {
            return *shown;
        }
        let color = self.readable();
        if color.is_apart_from_statuses() {
            return color;
        }
        let shades = [0.0, 0.18, 0.36, 0.54];
        let mixed = Self::LANES
            .into_iter()
            .flat_map(|lane| [0.25, 0.5, 0.75, 1.0].map(|part| lane.over(color, part)));
        let shaded = shades.into_iter().flat_map(|part| {
            let grounds = [Self::TEXT, Self([0; 3])];
            let colors = Self::PURE.into_iter().chain([color]);
            colors.flat_map(move |pure| grounds.map(|ground| ground.over(pure, part)))
        });
        let apart = mixed.chain(shaded).map(Self::readable);
        let apart = apart.filter(|other| other.is_apart_from_statuses());
        let distance = |other: &Self| color.distance_for(*other, ColorVision::Full);
        let nearest = apart.min_by(|a, b| distance(a).total_cmp(&distance(b)));
        nearest.unwrap_or(Self::of_lane(0))
    }

    fn is_apart_from_statuses(self) -> bool {
        let mut statuses = Self::STATUSES.into_iter();
        statuses.all(|status| self.distance(status) >= Self::APART)
    }

    /// Red, green and blue without the curve of sRGB, 0 to 1 each.
    pub(super) fn linear(self) -> [f32; 3] {
        self.0.map(|part| {
            let part = f32::from(part) / 255.0;
            match part <= 0.04045 {
                true => part / 12.92,
                false => ((part + 0.055) / 1.055).powf(2.4),
            }
        })
    }

    fn luminance(self) -> f32 {
        let [r, g, b] = self.linear();
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Color;

    const GROUNDS: [Rgb; 3] = [Rgb::BACKGROUND, Rgb::PANEL, Rgb::SELECTED];

    #[test]
    fn text_is_readable_everywhere() {
        let texts = [Rgb::TEXT, Rgb::MUTED, Rgb::REPLAY];
        for text in texts.into_iter().chain(Rgb::STATUSES) {
            for ground in GROUNDS {
                let contrast = text.contrast(ground);
                assert!(contrast >= 7.0, "{text:?} on {ground:?}: {contrast}");
            }
        }
    }

    #[test]
    fn buttons_marks_and_lines_stand_out() {
        for ground in GROUNDS {
            for mark in [Rgb::EDGE, Rgb::QUEUED].into_iter().chain(Rgb::STATUSES) {
                assert!(mark.contrast(ground) >= 2.9, "{mark:?} on {ground:?}");
            }
            assert!(Rgb::EDGE.contrast(ground) >= 3.0, "{ground:?}");
            assert!(Rgb::LINE.contrast(ground) >= 1.6, "{ground:?}");
        }
    }

    #[test]
    fn the_frame_of_the_selected_lane_stands_out_from_every_row() {
        let rows = GROUNDS.into_iter().chain(Rgb::LANES);
        for beside in rows.filter(|color| !Rgb::LANES.contains(color)) {
            assert!(Rgb::TEXT.contrast(beside) >= 3.0, "{beside:?}");
        }
        assert!(Rgb::SELECTED.contrast(Rgb::BACKGROUND) >= 1.2);
    }

    #[test]
    fn every_lane_color_is_readable() {
        for color in Rgb::LANES {
            assert!(color.contrast(Rgb::BACKGROUND) >= 7.0, "{color:?}");
        }
    }

    /// What a lane can look like: the colors of the window, and those that scores name.
    fn lane_colors() -> Vec<(String, Rgb)> {
        let own = Rgb::LANES.map(|color| (format!("{color:?}"), color));
        let named = Color::PALETTE.map(|(name, color)| {
            let color = Rgb([color.red, color.green, color.blue]);
            assert!(
                Rgb::NAMED.iter().any(|(named, _)| *named == color),
                "{name}"
            );
            (name.to_owned(), color.for_lane())
        });
        own.into_iter().chain(named).collect()
    }

    #[test]
    fn no_lane_can_be_taken_for_a_status_with_any_color_vision() {
        for (name, lane) in lane_colors() {
            for status in Rgb::STATUSES {
                for vision in ColorVision::ALL {
                    let distance = lane.distance_for(status, vision);
                    assert!(
                        distance >= Rgb::APART,
                        "{name} {lane:?} and {status:?}, {vision:?}: {distance}"
                    );
                }
            }
        }
    }

    #[test]
    fn statuses_and_lanes_can_be_told_apart_with_any_color_vision() {
        let pairs = |colors: &[Rgb]| {
            let pairs = colors.iter().enumerate().flat_map(|(place, first)| {
                let others = colors.iter().skip(place + 1);
                others.map(|second| first.distance(*second))
            });
            pairs.fold(f32::INFINITY, f32::min)
        };
        assert!(pairs(&Rgb::STATUSES) >= 20.0, "{}", pairs(&Rgb::STATUSES));
        assert!(pairs(&Rgb::LANES) >= 15.0, "{}", pairs(&Rgb::LANES));
        let named = Color::PALETTE.map(|(_, color)| {
            let color = Rgb([color.red, color.green, color.blue]);
            color.for_lane()
        });
        assert!(pairs(&named) >= 13.0, "{}", pairs(&named));
    }

    #[test]
    fn any_color_of_a_score_becomes_one_that_no_status_has() {
        for red in (0..=255).step_by(51) {
            for green in (0..=255).step_by(51) {
                for blue in (0..=255).step_by(51) {
                    let lane = Rgb([red, green, blue]).for_lane();
                    assert!(lane.is_apart_from_statuses(), "{red} {green} {blue}");
                    assert!(lane.contrast(Rgb::BACKGROUND) >= 7.0);
                }
            }
        }
        let blue = Rgb([96, 186, 240]);
        assert_eq!(blue.for_lane(), blue, "it is apart already");
    }

    #[test]
    fn a_dark_color_of_a_score_is_brightened() {
        let navy = Rgb([0, 0, 60]);
        assert!(navy.contrast(Rgb::BACKGROUND) < 1.5);
        assert!(navy.readable().contrast(Rgb::BACKGROUND) >= 7.0);
    }
}
