//! The layout of lanes and their parts, in points.

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

/// The rows of the lane area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rows {
    /// Height of each.
    pub height: f32,
    /// Scroll offset.
    pub scroll: f32,
    lanes: usize,
    room: f32,
}

impl Rows {
    /// Smallest height of a lane, in a window of 1920 by 1080 points.
    const MIN_HEIGHT: f32 = 96.0;
    /// Largest height of a lane.
    const MAX_HEIGHT: f32 = 220.0;

    /// Rows of equal height for a number of lanes. `room` is the height of the lane area, `scale` the size
    /// of a point of the design at 1920 by 1080.
    pub fn new(lanes: usize, room: f32, scroll: f32, scale: f32) -> Self {
        let share = room / lanes.max(1) as f32;
        let height = share.clamp(Self::MIN_HEIGHT * scale, Self::MAX_HEIGHT * scale);
        let most = (height * lanes as f32 - room).max(0.0);
        Self {
            height,
            scroll: scroll.clamp(0.0, most),
            lanes,
            room,
        }
    }

    /// The band of a lane, from the top of the lane area; `None` if it is out of view.
    pub fn band(&self, lane: usize) -> Option<Band> {
        let top = self.height * lane as f32 - self.scroll;
        let band = Band {
            top,
            bottom: top + self.height,
        };
        (lane < self.lanes && band.bottom > 0.0 && band.top < self.room).then_some(band)
    }

    /// The lane at `y` points from the top of the lane area.
    pub fn lane_at(&self, y: f32) -> Option<usize> {
        let place = (y + self.scroll) / self.height;
        (y >= 0.0 && y < self.room && place < self.lanes as f32).then_some(place as usize)
    }

    /// The part of all lanes that is in view, 0 to 1; `None` if all are.
    pub fn in_view(&self) -> Option<(f32, f32)> {
        let whole = self.height * self.lanes as f32;
        let part = |y: f32| (y / whole).clamp(0.0, 1.0);
        (whole > self.room + 1.0).then(|| (part(self.scroll), part(self.scroll + self.room)))
    }

    /// The scroll offset that brings a lane into view with the least movement.
    pub fn scroll_to(&self, lane: usize) -> f32 {
        let top = self.height * lane as f32;
        let bottom = top + self.height;
        self.scroll
            .clamp((bottom - self.room).max(0.0), top.max(0.0))
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
    /// Smallest and largest height of a sub-row, with the space below it.
    const ROW: (f32, f32) = (11.0, 32.0);

    /// Divides a lane's band between the notes of its voices and its sub-rows. A lane without notes has
    /// more room for its activities.
    pub fn of(band: Band, voices: usize, sub_rows: u32) -> Self {
        let height = band.height();
        let bottom = band.bottom - (height * 0.09).min(12.0);
        let (least, most) = Self::ROW;
        let room = match voices {
            0 => height * 0.72,
            _ => height * 0.42,
        };
        let rows = ShownRows::new(sub_rows, (room / least) as u32);
        let strip = match (voices, rows.count()) {
            (0, 1) => (height * 0.22).clamp(14.0, most),
            (_, 1) => (height * 0.09).clamp(6.0, 15.0),
            (_, rows) => (room / rows as f32).min(most) * rows as f32,
        };
        let gap = match rows.count() {
            1 => (height * 0.10).min(20.0),
            _ => (height * 0.05).min(10.0),
        };
        let notes_top = band.top + (height * 0.13).min(22.0);
        Self {
            notes: Band {
                top: notes_top,
                bottom: (bottom - strip - gap).max(notes_top + 2.0),
            },
            strip: Band {
                top: bottom - strip,
                bottom,
            },
            rows,
        }
    }

    /// The band of a sub-row, counted from 0 at the top.
    pub fn sub_row(&self, row: u32) -> Band {
        let count = self.rows.count();
        let pitch = self.strip.height() / count as f32;
        let gap = match count {
            1 => 0.0,
            _ => (pitch * 0.2).clamp(1.5, 5.0),
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
        let least = (room * 0.11).max(7.0).min(room * 0.5);
        let most = (room * 0.16).max(12.0).min(room * 0.5);
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
    fn lanes_never_overlap_and_fill_the_space_if_possible() {
        for lanes in 1..30 {
            let rows = Rows::new(lanes, 700.0, 0.0, 1.0);
            let bands: Vec<_> = (0..lanes).filter_map(|lane| rows.band(lane)).collect();
            for pair in bands.windows(2) {
                assert!(pair[0].bottom <= pair[1].top + 0.01);
            }
            assert!(rows.height >= Rows::MIN_HEIGHT && rows.height <= Rows::MAX_HEIGHT);
        }
    }

    #[test]
    fn a_lane_can_be_scrolled_into_view() {
        let rows = Rows::new(20, 500.0, 0.0, 1.0);
        assert!(rows.band(19).is_none());
        let rows = Rows::new(20, 500.0, rows.scroll_to(19), 1.0);
        assert!(rows.band(19).is_some_and(|b| b.bottom <= 500.1));
    }

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
        for height in [64.0f32, 96.0, 150.0, 220.0] {
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
}
