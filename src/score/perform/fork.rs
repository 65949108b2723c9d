//! `fork`.

use std::{rc::Rc, sync::Arc};

use futures_util::future::{FutureExt, select_all, try_join_all};
use serde_json::Value;

use super::{
    Performance, Voice, WorkflowContext,
    line::{BranchLine, Line},
    position::{Branch, Frame},
    tasks::{Done, Ending},
};
use crate::score::{Fork, Join, Then};

impl<C: WorkflowContext> Performance<C> {
    /// The lines of the branches: new ones, or those of the run before.
    fn branch_lines(&self, fork: &Fork, voice: &Voice) -> Vec<BranchLine> {
        let resumed = voice.line.take_resumed(|frame| match frame {
            Frame::Fork { branches } => Some(branches.clone()),
            _ => None,
        });
        let resumed = resumed.filter(|branches| branches.len() == fork.branches.len());
        let open = |branch| match branch {
            Branch::Open(position) => BranchLine::Open(Line::resumed(position)),
            done => BranchLine::Done(done),
        };
        match resumed {
            Some(branches) => branches.into_iter().map(open).collect(),
            None => {
                let branches = fork.branches.iter();
                let new = |_| BranchLine::Open(Line::new(self.new_line()));
                branches.map(new).collect()
            }
        }
    }

    /// Runs the branches at the same time, each as a line of its own.
    pub(super) async fn fork(&self, fork: &Fork, input: Value, voice: &mut Voice) -> Done<Ending> {
        let input = Arc::new(input);
        let passed_on = Arc::clone(&input);
        let lines = self.branch_lines(fork, voice);
        let parent = Rc::clone(&voice.line);
        let _forked = parent.fork(lines.clone());
        let branches = fork.branches.iter().zip(lines).enumerate();
        let branches = branches.map(|(index, (branch, line))| {
            let mut voice = voice.clone();
            let (input, parent) = (Arc::clone(&input), Rc::clone(&parent));
            async move {
                let line = match line {
                    BranchLine::Open(line) => line,
                    BranchLine::Done(Branch::Done { output, then, at }) => {
                        return Ok((output, then, at));
                    }
                    BranchLine::Done(Branch::Open(position)) => Line::resumed(position),
                };
                voice.line = line;
                let (output, then) = self.task(branch, input, &mut voice).await?;
                let at = voice.cursor;
                let done = Branch::Done {
                    output: output.clone(),
                    then,
                    at,
                };
                parent.branch_done(index, done);
                Ok((output, then, at))
            }
            .boxed_local()
        });
        let (output, thens) = match fork.join {
            Join::All => {
                let mut outputs = Vec::new();
                let mut thens = Vec::new();
                // The first error drops the others, which cancels them.
                let done = try_join_all(branches).await?;
                for (branch, (output, then, cursor)) in fork.branches.iter().zip(done) {
                    outputs.push(
                        match self.music_has_no_output && branch.only_makes_music() {
                            true => Value::Null,
                            false => output,
                        },
                    );
                    thens.push(then);
                    voice.cursor = voice.cursor.max(cursor);
                }
                let output = match self.music_has_no_output && fork.only_makes_music() {
                    true => Arc::unwrap_or_clone(passed_on),
                    false => Value::Array(outputs),
                };
                (output, thens)
            }
            Join::First => {
                let (winner, _, _) = select_all(branches).await;
                let (output, then, cursor) = winner?;
                voice.cursor = voice.cursor.max(cursor);
                (output, vec![then])
            }
        };
        let ending = if thens.contains(&Then::End) {
            Ending::Workflow
        } else {
            Ending::List
        };
        Ok((output, ending))
    }
}
