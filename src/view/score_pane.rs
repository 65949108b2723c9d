//! The state of the score's text in the inspector: what is in its middle, and which token it follows.

use super::{
    lane::LaneModel,
    palette::Rgb,
    score_facts::LineRange,
    score_tokens::{BranchNumber, ScoreTokens},
};
use crate::engine::InstanceId;

/// The state of the score's text in the inspector.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScorePane {
    /// The lines in the middle.
    pub center: Option<LineRange>,
    /// The token that it follows, in one of the lanes; `None`: the first one.
    followed: Option<(InstanceId, BranchNumber)>,
    /// The lane and the tokens that were last shown.
    shown: Option<(InstanceId, ScoreTokens)>,
}

impl ScorePane {
    /// The branch that was chosen in a lane.
    pub fn followed(&self, lane: &InstanceId) -> Option<BranchNumber> {
        let followed = self.followed.as_ref().filter(|(of, _)| of == lane);
        followed.map(|(_, branch)| *branch)
    }

    /// Follows the token of a branch, or the first one again.
    pub fn toggle(&mut self, lane: &InstanceId, branch: BranchNumber) {
        let chosen = (self.followed(lane) != Some(branch)).then(|| (lane.clone(), branch));
        self.followed = chosen;
    }

    /// Follows the next of the tokens that were last shown.
    pub(super) fn follow_next(&mut self) {
        if let Some((lane, tokens)) = &self.shown {
            let next = tokens.next_branch(self.followed(lane));
            self.followed = next.map(|branch| (lane.clone(), branch));
        }
    }

    /// The tokens of a lane are shown. Returns the lines that the text follows: all tokens if they fit in so
    /// many lines, or else one of them.
    pub fn show(
        &mut self,
        lane: &LaneModel,
        tokens: &ScoreTokens,
        room: usize,
    ) -> Option<LineRange> {
        self.shown = Some((lane.id.clone(), tokens.clone()));
        let chosen = self.followed(&lane.id);
        let lines = tokens.of(chosen).map(|token| token.lines);
        let all = tokens.tokens.iter().map(|token| token.lines);
        let all = all.reduce(|a, b| LineRange {
            first: a.first.min(b.first),
            last: a.last.max(b.last),
        });
        let fits = |lines: &LineRange| lines.last - lines.first < room;
        all.filter(fits).filter(|_| chosen.is_none()).or(lines)
    }
}

impl BranchNumber {
    /// The color of its token: the first has that of the lane; the next ones differ from it and from each
    /// other, with every kind of color vision. After those they repeat, and only the numbers differ.
    pub fn color(self, lane: Rgb) -> Rgb {
        let mut chosen = vec![lane];
        let mut left = Rgb::LANES.to_vec();
        left.retain(|color| *color != lane);
        while !left.is_empty() {
            let apart = |color: &Rgb| {
                let distances = chosen.iter().map(|other| color.distance(*other));
                distances.fold(f32::INFINITY, f32::min)
            };
            let farthest = left
                .iter()
                .enumerate()
                .max_by(|(_, a), (_, b)| apart(a).total_cmp(&apart(b)));
            let Some((place, _)) = farthest else {
                break;
            };
            chosen.push(left.swap_remove(place));
        }
        let place = self.0 as usize % chosen.len();
        chosen.get(place).copied().unwrap_or(lane)
    }

    /// The number on its token, from 1.
    pub fn on_token(self) -> u32 {
        self.0.saturating_add(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::ScoreToken;

    fn tokens(lines: &[(usize, usize)]) -> ScoreTokens {
        let tokens = (0..).zip(lines).map(|(branch, (first, last))| ScoreToken {
            task: None,
            branch: BranchNumber(branch),
            lines: LineRange {
                first: *first,
                last: *last,
            },
        });
        ScoreTokens {
            tokens: tokens.collect(),
            ..ScoreTokens::default()
        }
    }

    fn lane() -> LaneModel {
        LaneModel::new(InstanceId::new("lane").unwrap(), 0)
    }

    #[test]
    fn the_text_follows_all_tokens_if_they_fit_and_else_the_first_or_the_chosen_one() {
        let (lane, mut pane) = (lane(), ScorePane::default());
        let lines = |first, last| Some(LineRange { first, last });
        let near = tokens(&[(10, 12), (16, 17)]);
        assert_eq!(pane.show(&lane, &near, 10), lines(10, 17));
        let far = tokens(&[(10, 12), (80, 81), (200, 200)]);
        assert_eq!(pane.show(&lane, &far, 10), lines(10, 12));
        pane.follow_next();
        assert_eq!(pane.show(&lane, &far, 10), lines(80, 81));
        pane.follow_next();
        assert_eq!(pane.show(&lane, &far, 10), lines(200, 200));
        pane.follow_next();
        assert_eq!(pane.show(&lane, &far, 10), lines(10, 12), "around");
        pane.toggle(&lane.id, BranchNumber(1));
        assert_eq!(pane.show(&lane, &far, 10), lines(80, 81));
        let other = tokens(&[(10, 12)]);
        assert_eq!(pane.show(&lane, &other, 10), lines(10, 12), "it has ended");
    }

    #[test]
    fn the_tokens_of_four_branches_can_be_told_apart_with_any_color_vision() {
        for lane in Rgb::LANES {
            let colors = [0, 1, 2, 3].map(|branch| BranchNumber(branch).color(lane));
            assert_eq!(colors[0], lane);
            for (place, color) in colors.iter().enumerate() {
                assert!(color.contrast(Rgb::PANEL) >= 3.0);
                for other in &colors[place + 1..] {
                    let distance = color.distance(*other);
                    assert!(distance >= 14.0, "{color:?} and {other:?}: {distance}");
                }
            }
        }
        assert_ne!(BranchNumber(0).on_token(), BranchNumber(5).on_token());
    }
}
