//! The layout of the parts of a lane, in points.

use super::sub_rows::ShownRows;
use crate::music::Key;

/// A horizontal band of the lane area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Upper edge.
    pub top: f32,
    /// Lower edge.
    pub bottom: f32,
}

impl Band {
    /// Its height.
    pub fn height(&self) -> f32 {
        self.bottom - self.top
    }
}

/// The parts of a lane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LaneParts {
    /// Notes by pitch.
    pub notes: Band,
    /// Activities.
    pub strip: Band,
    /// The sub-rows of the activities.
    pub rows: ShownRows,
}

impl LaneParts {
    /// Smallest height of a sub-row, with the space below it.
    const LEAST: f32 = 11.0;
    /// Height of a sub-row with a readable name, with the space below it.
    const NAMED: f32 = 20.0;
    /// Largest height of a bar.
    const BAR: f32 = 52.0;
    /// The height of a lane in points below which it has one line of bars.
    pub const LOW: f32 = 56.0;

    /// Divides a lane's band between the notes of its voices and its sub-rows. A lane without notes has
    /// more room for its activities.
    pub fn of(band: Band, voices: usize, sub_rows: u32) -> Self {
        let height = band.height();
        if height < Self::LOW {
            return Self::low(band, voices, sub_rows);
        }
        let bottom = band.bottom - (height * 0.09).min(12.0);
        let top = match voices {
            0 => band.top + (height * 0.05).min(22.0),
            _ => band.top + (height * 0.13).min(22.0),
        };
        let room = match voices {
            // Many sub-rows use all of the lane, so that their names are readable.
            0 => (sub_rows as f32 * Self::NAMED)
                .max(height * 0.72)
                .min(bottom - top - 4.0),
            _ => height * 0.36,
        };
        let rows = ShownRows::new(sub_rows, (room / Self::LEAST) as u32);
        let strip = match (voices, rows.count()) {
            (0, 1) => (height * 0.22).clamp(14.0, Self::BAR),
            (_, 1) => (height * 0.09)
                .clamp(6.0, 15.0)
                .max(height * 0.055)
                .min(44.0),
            (0, rows) => (room / rows as f32).min((height * 0.3).clamp(32.0, 140.0)) * rows as f32,
            (_, rows) => (room / rows as f32).min((height * 0.12).clamp(32.0, 96.0)) * rows as f32,
        };
        let gap = match rows.count() {
            1 => (height * 0.10).min(20.0),
            _ => (height * 0.05).min(10.0),
        };
        // Without notes the activities are in the middle of the room.
        let below = match voices {
            0 => ((bottom - top - strip) / 2.0 - height * 0.02).max(0.0),
            _ => 0.0,
        };
        let bottom = bottom - below;
        Self {
            notes: Band {
                top,
                bottom: (bottom - strip - gap).max(top + 2.0),
            },
            strip: Band {
                top: bottom - strip,
                bottom,
            },
            rows,
        }
    }

    /// A lane with one line of bars: its notes, with a thin line for what else it does, or its activities.
    fn low(band: Band, voices: usize, sub_rows: u32) -> Self {
        let height = band.height();
        let (top, bottom) = (band.top + height * 0.16, band.bottom - height * 0.2);
        let strip_top = match voices {
            0 => top,
            _ => bottom - (height * 0.1).max(3.0),
        };
        let strip = Band {
            top: strip_top,
            bottom,
        };
        let notes_bottom = match voices {
            0 => bottom,
            _ => (strip_top - height * 0.07).max(top + 2.0),
        };
        Self {
            notes: Band {
                top,
                bottom: notes_bottom,
            },
            strip,
            rows: ShownRows::new(sub_rows, (strip.height() / Self::LEAST) as u32),
        }
    }

    /// The band of a sub-row, counted from 0 at the top.
    pub fn sub_row(&self, row: u32) -> Band {
        let count = self.rows.count();
        let pitch = self.strip.height() / count as f32;
        let gap = match count {
            1 => 0.0,
            _ => (pitch * 0.16).clamp(1.5, 5.0).max(pitch - Self::BAR),
        };
        let top = self.strip.top + pitch * row.min(count - 1) as f32;
        Band {
            top: top + gap / 2.0,
            bottom: top + pitch - gap / 2.0,
        }
    }

    /// The sub-row at a height.
    pub fn sub_row_at(&self, y: f32) -> u32 {
        let pitch = self.strip.height() / self.rows.count() as f32;
        let row = ((y - self.strip.top) / pitch).max(0.0) as u32;
        row.min(self.rows.count() - 1)
    }

    /// The lane with the notes of one voice, if each has a band of its own.
    pub fn voice(&self, place: usize, voices: usize) -> Self {
        let share = self.notes.height() / voices.max(1) as f32;
        // Keep voices apart.
        let gap = match voices {
            0 | 1 => 0.0,
            _ => (share * 0.12).min(5.0),
        };
        let top = self.notes.top + share * place as f32;
        Self {
            notes: Band {
                top: top + gap,
                bottom: top + share - gap,
            },
            ..*self
        }
    }

    /// The band of a note, given the lane's lowest and highest key.
    pub fn note(&self, key: Key, keys: (Key, Key)) -> Band {
        let (low, high) = keys;
        let span = f32::from(high.number()) - f32::from(low.number());
        let room = self.notes.height();
        // Thick enough to be seen, thin enough to be told apart from its neighbors.
        let least = (room * 0.11).clamp(7.0, 20.0).min(room * 0.5);
        let most = (room * 0.16).clamp(12.0, 40.0).min(room * 0.5);
        let thick = (room / (span + 1.0)).clamp(least, most);
        let part = match span > 0.0 {
            true => (f32::from(high.number()) - f32::from(key.number())) / span,
            false => 0.5,
        };
        let top = self.notes.top + part.clamp(0.0, 1.0) * (room - thick);
        Band {
            top,
            bottom: top + thick,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn higher_keys_are_higher() {
        let band = Band {
            top: 0.0,
            bottom: 110.0,
        };
        let parts = LaneParts::of(band, 1, 1);
        let keys = (Key::new(36).unwrap(), Key::new(60).unwrap());
        let low = parts.note(keys.0, keys);
        let high = parts.note(keys.1, keys);
        assert!(high.bottom < low.top);
        assert!(low.bottom <= parts.strip.top);
        assert!(high.top >= 0.0);
    }

    #[test]
    fn sub_rows_are_below_the_notes_and_never_overlap() {
        for height in [64.0f32, 96.0, 150.0, 220.0, 420.0, 842.0] {
            let band = Band {
                top: 10.0,
                bottom: 10.0 + height,
            };
            for (voices, needed) in [(0, 1), (0, 5), (0, 40), (2, 1), (2, 4), (2, 10_000)] {
                let parts = LaneParts::of(band, voices, needed);
                let count = parts.rows.count();
                assert!(count <= needed && (needed == 1 || count > 1));
                let rows: Vec<_> = (0..count).map(|row| parts.sub_row(row)).collect();
                assert!(parts.notes.bottom <= rows[0].top);
                assert!(rows[count as usize - 1].bottom <= band.bottom);
                for pair in rows.windows(2) {
                    assert!(pair[0].bottom < pair[1].top);
                    assert!(pair[0].height() >= 6.0);
                }
                for (place, row) in rows.iter().enumerate() {
                    let middle = (row.top + row.bottom) / 2.0;
                    assert_eq!(parts.sub_row_at(middle), place as u32);
                }
            }
        }
    }

    #[test]
    fn a_lane_with_the_whole_window_uses_it_and_a_low_one_is_one_line() {
        let whole = Band {
            top: 0.0,
            bottom: 842.0,
        };
        for (voices, sub_rows) in [(0, 1), (0, 3), (1, 1), (3, 4)] {
            let parts = LaneParts::of(whole, voices, sub_rows);
            let bar = parts.sub_row(0);
            assert!((40.0..=64.0).contains(&bar.height()), "{bar:?}");
            if voices > 0 {
                assert!(parts.notes.height() > 842.0 * 0.4, "{parts:?}");
            }
        }
        let low = Band {
            top: 0.0,
            bottom: 40.0,
        };
        let bars = LaneParts::of(low, 0, 1);
        assert!(bars.strip.height() > 20.0 && bars.strip.bottom < 40.0);
        let notes = LaneParts::of(low, 1, 1);
        assert!(notes.notes.height() > 18.0, "{notes:?}");
        assert!(notes.notes.bottom <= notes.strip.top && notes.strip.bottom < 40.0);
    }
}
