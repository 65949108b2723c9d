//! The state of the explainer: which instance it explains, and at which step it is.

use super::{action::Action, explanation::StepNumber};
use crate::{
    conductor::{Direction, control_surface::ControlAction},
    engine::{InstanceId, Timestamp},
};

/// The explainer, while it is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explainer {
    /// The instance whose replay is explained.
    pub instance: InstanceId,
    /// When it was opened: it explains the history until then.
    pub opened: Timestamp,
    /// The step; `None`: the last one.
    step: Option<StepNumber>,
    /// The last step, once it is known.
    last: StepNumber,
}

/// What becomes of the explainer when an action is performed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Explaining {
    /// It has handled the action, or the action is for something that it covers.
    Goes,
    /// It closes.
    Closes,
    /// The action is for something else.
    Ignores,
}

impl Explainer {
    /// An explainer at the last step.
    pub fn new(instance: InstanceId, opened: Timestamp) -> Self {
        Self {
            instance,
            opened,
            step: None,
            last: StepNumber(0),
        }
    }

    /// The step that is shown.
    pub fn step(&self) -> StepNumber {
        self.step.map_or(self.last, |step| step.min(self.last))
    }

    /// Sets the last step of what is explained.
    pub fn set_last(&mut self, last: StepNumber) {
        self.last = last;
    }

    /// Shows a step.
    pub fn show(&mut self, step: StepNumber) {
        self.step = Some(step.min(self.last));
    }

    /// Performs an action: the keys that move along the timeline step through the replay.
    pub fn act(&mut self, action: &Action) -> Explaining {
        let StepNumber(here) = self.step();
        match action {
            Action::Step(_, Direction::Backward) => {
                self.show(StepNumber(here.saturating_sub(1)));
            }
            Action::Step(_, Direction::Forward) => self.show(StepNumber(here + 1)),
            Action::Start => self.show(StepNumber(0)),
            Action::End => self.show(self.last),
            Action::Escape | Action::Explain | Action::Live => return Explaining::Closes,
            Action::Palette
            | Action::Help
            | Action::Scores
            | Action::FullScreen
            | Action::ReadingDistance
            | Action::Record
            | Action::Control(ControlAction::Panic | ControlAction::PlayStop) => {
                return Explaining::Ignores;
            }
            _ => {}
        }
        Explaining::Goes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Stop;

    #[test]
    fn the_keys_of_the_timeline_step_through_the_replay() {
        let id = InstanceId::new("order-7").unwrap();
        let mut explainer = Explainer::new(id, Timestamp(0));
        explainer.set_last(StepNumber(30));
        assert_eq!(explainer.step(), StepNumber(30), "it opens at the end");
        let mut press = |action| {
            let goes = explainer.act(&action);
            (goes, explainer.step().0)
        };
        use Explaining::{Closes, Goes, Ignores};
        assert_eq!(
            press(Action::Step(Stop::Event, Direction::Backward)),
            (Goes, 29)
        );
        assert_eq!(press(Action::Start), (Goes, 0));
        assert_eq!(
            press(Action::Step(Stop::Event, Direction::Backward)),
            (Goes, 0)
        );
        assert_eq!(
            press(Action::Step(Stop::Event, Direction::Forward)),
            (Goes, 1)
        );
        assert_eq!(press(Action::End), (Goes, 30));
        assert_eq!(
            press(Action::Step(Stop::Event, Direction::Forward)),
            (Goes, 30)
        );
        assert_eq!(press(Action::Help), (Ignores, 30));
        assert_eq!(press(Action::LaneBelow), (Goes, 30), "lanes are covered");
        assert_eq!(press(Action::Escape), (Closes, 30));
    }
}
