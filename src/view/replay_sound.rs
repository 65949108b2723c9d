//! What the replay bus has to do when the playhead moves.

use std::time::Duration;

use super::{command::ReplayCommand, playhead::Playhead};
use crate::{conductor::Direction, engine::Timestamp};

/// A playhead that moves farther than this at once jumps: what lies between does not sound.
const MAX_DRAG: Duration = Duration::from_secs(4);

/// Follows the playhead from frame to frame.
#[derive(Debug, Default)]
pub struct ReplaySound {
    /// The playhead of the last frame and its moment, while a moment of the past was shown.
    last: Option<(Playhead, Timestamp)>,
}

impl ReplaySound {
    /// Other music is shown than before: the replay bus has to forget what it has. The next call of
    /// [`follow`](Self::follow) starts it again.
    pub fn restart(&mut self) -> Option<ReplayCommand> {
        self.last.take().map(|_| ReplayCommand::Stop)
    }

    /// The command for the replay bus, if there is one. `shown` is the moment of the past that is shown;
    /// `None`: live.
    pub fn follow(
        &mut self,
        playhead: &Playhead,
        shown: Option<Timestamp>,
    ) -> Option<ReplayCommand> {
        let Some(shown) = shown else {
            return self.last.take().map(|_| ReplayCommand::Stop);
        };
        let last = self.last.replace((playhead.clone(), shown));
        match (playhead, last) {
            (Playhead::Live, _) => None,
            (Playhead::Playing(playback), Some((Playhead::Playing(before), at)))
                if before == *playback =>
            {
                let wrapped = match playback.rate.direction {
                    Direction::Forward => shown < at,
                    Direction::Backward => shown > at,
                };
                let (from, rate) = (shown, playback.rate);
                wrapped.then_some(ReplayCommand::Play { from, rate })
            }
            (Playhead::Playing(playback), _) => Some(ReplayCommand::Play {
                from: shown,
                rate: playback.rate,
            }),
            (Playhead::At(_), Some((Playhead::At(_), at))) if at == shown => None,
            (Playhead::At(_), Some((Playhead::At(_), from)))
                if distance(from, shown) <= MAX_DRAG =>
            {
                Some(ReplayCommand::Drag { from, to: shown })
            }
            (Playhead::At(_), _) => Some(ReplayCommand::Seek(shown)),
        }
    }
}

fn distance(a: Timestamp, b: Timestamp) -> Duration {
    a.max(b).since(a.min(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        conductor::Rate,
        view::{moment::Moment, playhead::Playback, test_history::s},
    };

    fn at(seconds: f64) -> Playhead {
        Playhead::At(Moment::new(s(seconds)))
    }

    #[test]
    fn a_drag_sounds_a_jump_does_not_and_live_silences() {
        let mut sound = ReplaySound::default();
        assert_eq!(sound.follow(&Playhead::Live, None), None);
        let mut move_to = |to: f64| sound.follow(&at(to), Some(s(to)));
        assert_eq!(move_to(10.0), Some(ReplayCommand::Seek(s(10.0))));
        let (from, to) = (s(10.0), s(9.0));
        assert_eq!(move_to(9.0), Some(ReplayCommand::Drag { from, to }));
        assert_eq!(move_to(9.0), None);
        assert_eq!(move_to(90.0), Some(ReplayCommand::Seek(s(90.0))));
        let stopped = sound.follow(&Playhead::Live, None);
        assert_eq!(stopped, Some(ReplayCommand::Stop));
        assert_eq!(sound.follow(&Playhead::Live, None), None);
    }

    #[test]
    fn a_playback_is_started_once_and_again_when_it_goes_round() {
        let mut sound = ReplaySound::default();
        let rate = Rate::default();
        let playing = Playhead::Playing(Playback {
            from: s(1.0),
            since: s(100.0),
            rate,
        });
        let play = |from| Some(ReplayCommand::Play { from, rate });
        assert_eq!(sound.follow(&playing, Some(s(1.0))), play(s(1.0)));
        assert_eq!(sound.follow(&playing, Some(s(1.5))), None);
        assert_eq!(sound.follow(&playing, Some(s(1.1))), play(s(1.1)));
        let stopped = sound.follow(&at(1.2), Some(s(1.2)));
        assert_eq!(stopped, Some(ReplayCommand::Seek(s(1.2))));
    }
}
