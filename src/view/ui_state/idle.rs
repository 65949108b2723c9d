//! Idle time: shown as it was, or folded.

use super::{Camera, UiState};
use crate::{
    conductor::Direction,
    engine::Timestamp,
    view::{
        idle_time::IdleTimes,
        playhead::{Playback, Playhead, TimeRange},
        snapshot::Snapshot,
    },
};

/// What the time axis does with idle time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdleTime {
    /// It is as wide as any other time.
    Shown,
    /// It is folded.
    Folded,
}

impl UiState {
    /// Folds idle time, or unfolds it.
    pub(super) fn toggle_idle(&mut self, snapshot: &Snapshot, now: Timestamp, shown: Timestamp) {
        self.idle = match self.idle {
            IdleTime::Shown => IdleTime::Folded,
            IdleTime::Folded => IdleTime::Shown,
        };
        let whole = snapshot.extent(now);
        let start = whole.from;
        // A part of a point is lost between points and moments.
        let shows_all = self.viewport.x(whole.from) >= -1.0
            && self.viewport.x(whole.until) <= self.viewport.width + 1.0;
        let began_before = self.viewport.from < start;
        self.fold_idle(snapshot, shown);
        if self.camera == Camera::Free && shows_all {
            return self.show_all(snapshot, now);
        }
        // Folds make room: no more of it than there was is left empty.
        if self.camera == Camera::Free && !began_before && self.viewport.from < start {
            self.viewport.center(start, 0.0);
        }
    }

    /// Folds the idle times of what is shown, or unfolds them. The shown moment stays in place if it is in
    /// view.
    pub(super) fn fold_idle(&mut self, snapshot: &Snapshot, shown: Timestamp) {
        let idle = match self.idle {
            IdleTime::Folded if self.comparing.is_none() => self.idle_times.of(snapshot),
            // Two runs that are compared share an axis of their own.
            _ => IdleTimes::default(),
        };
        let x = self.viewport.x(shown).clamp(0.0, self.viewport.width);
        self.viewport.set_idle(idle, x);
    }

    /// Passes over the fold that a playback has reached: nothing happens in it. `bounds`: where the
    /// playback runs.
    pub(super) fn skip_fold(&mut self, bounds: TimeRange, wall: Timestamp) {
        let Playhead::Playing(playback) = self.playhead else {
            return;
        };
        let here = playback.moment(wall, bounds, self.repeat);
        let Some(fold) = self.viewport.folded().around(here) else {
            return;
        };
        let beyond = match playback.rate.direction {
            Direction::Forward => fold.until.min(bounds.until),
            Direction::Backward => fold.from.max(bounds.from),
        };
        if beyond != here {
            self.playhead = Playhead::Playing(Playback {
                from: beyond,
                since: wall,
                ..playback
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        conductor::Rate,
        view::{
            action::Action,
            projector::Projector,
            test_history::{TestHistory, s},
        },
    };

    #[test]
    fn what_was_shown_as_a_whole_stays_so_when_idle_time_is_folded_or_unfolded() {
        let mut history = TestHistory::new("bass");
        for start in [10.0, 3_600.0, 7_200.0] {
            history.note(start, 1.0, 40);
        }
        let mut projector = Projector::new();
        projector.committed(&history.commit());
        let (snapshot, now) = (projector.snapshot(), s(7_201.0));
        let mut state = UiState::default();
        state.act(Action::ShowAll, &snapshot, now);
        for _ in 0..3 {
            let whole = snapshot.extent(now);
            let (left, right) = (state.viewport.x(whole.from), state.viewport.x(whole.until));
            let part = (right - left) / state.viewport.width;
            assert!(
                (0.8..=1.0).contains(&part),
                "{:?}: {part} of the width",
                state.idle
            );
            state.act(Action::FoldIdle, &snapshot, now);
        }
    }

    #[test]
    fn a_playback_passes_over_folded_idle_time_in_both_directions() {
        let mut history = TestHistory::new("bass");
        history.note(10.0, 1.0, 40);
        history.note(300.0, 1.0, 40);
        let mut projector = Projector::new();
        projector.committed(&history.commit());
        let snapshot = projector.snapshot();
        for (direction, start, beyond) in [
            (Direction::Forward, 20.0, 300.0),
            (Direction::Backward, 290.0, 11.0),
        ] {
            for idle in [IdleTime::Shown, IdleTime::Folded] {
                let mut state = UiState::default();
                state.act(Action::ShowAll, &snapshot, s(400.0));
                if idle == IdleTime::Folded {
                    state.act(Action::FoldIdle, &snapshot, s(400.0));
                }
                let rate = Rate {
                    direction,
                    ..Rate::default()
                };
                state.playhead = Playhead::Playing(Playback {
                    from: s(start),
                    since: s(400.0),
                    rate,
                });
                state.advance(&snapshot, s(401.0));
                let shown = state.moment(&snapshot, s(401.0)).unwrap().at;
                let left_out = match idle {
                    IdleTime::Folded => shown.since(s(beyond)).max(s(beyond).since(shown)),
                    IdleTime::Shown => shown.since(s(start)).max(s(start).since(shown)),
                };
                assert!(
                    left_out.as_secs_f64() < 1.5,
                    "{direction:?} {idle:?}: {shown:?}"
                );
            }
        }
    }
}
