//! Carries out the set list: starts pieces by command, at their bars and after others, and resets scenes.

use std::{future::pending, sync::Arc, time::Duration};

use tokio::time::sleep_until;

use super::{PositionFile, SetlistFile, entry::Entry, position_file::Kept};
use crate::{
    app::{
        application::{App, AppEvent},
        engine_commands::{REASON, terminate},
    },
    conductor::{
        ConductorError,
        setlist::{Piece, PieceStart, PreviousPiece, Setlist},
    },
    engine::{EngineError, InstanceId, Status},
    music::{Beat, Nanos},
    score::ScoreErrors,
    view::{
        PieceCard, PieceKey, PieceNumber, ScoreId, SetlistCommand, SetlistPosition, SetlistView,
        ended_by_itself,
    },
};

/// How long before its bar a piece is started: enough for the commits in between, also on a slow disk.
const LEAD: Duration = Duration::from_millis(250);
/// The most lanes of reset scenes that are remembered.
const MAX_PUT_AWAY: usize = 256;

/// The state of the task.
pub(super) struct SetlistTask {
    app: Arc<App>,
    /// The path of the set list.
    path: String,
    list: Option<Setlist>,
    cards: Arc<[PieceCard]>,
    keys: Vec<PieceKey>,
    position: SetlistPosition,
    positions: PositionFile,
    put_away: Vec<InstanceId>,
    problem: Option<Arc<str>>,
    entry: Option<Entry>,
    leaving: Option<Leaving>,
    /// The beat at which the next piece starts.
    awaited: Option<Beat>,
    shown: Option<SetlistView>,
}

/// The piece before, until the new one begins.
struct Leaving {
    instances: Vec<InstanceId>,
    how: PreviousPiece,
}

impl SetlistTask {
    pub fn new(app: Arc<App>, file: SetlistFile, positions: PositionFile) -> Self {
        let mut task = Self {
            path: file.path().display().to_string(),
            list: None,
            cards: Arc::from([]),
            keys: Vec::new(),
            position: SetlistPosition::default(),
            put_away: Vec::new(),
            problem: None,
            entry: None,
            leaving: None,
            awaited: None,
            shown: None,
            positions,
            app,
        };
        match file.into_list() {
            Ok(list) => task.open(list),
            Err(errors) => task.problem = Some(first_line(&errors).into()),
        }
        task
    }

    /// Takes up a set list at the position that was kept.
    fn open(&mut self, list: Setlist) {
        self.set(list);
        if let Some(kept) = self.positions.kept(&self.path) {
            self.position = kept.position.follow(&kept.pieces, &self.keys);
            self.put_away = kept.put_away;
            self.app.emit(AppEvent::PutAway(self.put_away.clone()));
        }
    }

    fn set(&mut self, list: Setlist) {
        let cards = list.pieces.iter().map(|piece| PieceCard {
            score: ScoreId(piece.score.name().into()),
            title: piece.title.as_deref().map(Arc::from),
            notes: piece.notes.as_str().into(),
            start: piece.start,
            previous: piece.previous,
            tour: piece.tour.as_slice().into(),
        });
        self.cards = cards.collect();
        self.keys = PieceKey::of(&list);
        self.list = Some(list);
    }

    /// The file was saved. With errors in it, the pieces stay as they are.
    pub fn saved(&mut self, read: Result<Setlist, ScoreErrors>) {
        match read {
            Ok(list) if self.list.is_none() => {
                self.problem = None;
                self.open(list);
            }
            Ok(list) => {
                self.problem = None;
                let before = std::mem::take(&mut self.keys);
                self.set(list);
                self.position = self.position.follow(&before, &self.keys);
                self.notice("The set list was saved: it applies from now on.".to_owned());
            }
            Err(errors) => {
                let first = first_line(&errors);
                self.notice(format!("The set list stays as it was: {first}"));
                self.problem = Some(first.into());
            }
        }
    }

    /// Executes a command.
    pub async fn execute(&mut self, command: SetlistCommand) {
        tracing::debug!(?command, "set list command");
        match command {
            SetlistCommand::Next => {
                if let Some(piece) = self.position.next(self.cards.len()) {
                    self.start(piece).await;
                }
            }
            SetlistCommand::Previous | SetlistCommand::GoTo(_) => {
                self.position.go(command, self.cards.len());
            }
            SetlistCommand::Reset => self.reset().await,
        }
    }

    /// Does what is due by now, and shows the present state.
    pub async fn tend(&mut self) {
        self.look_at_current();
        let status = self.status();
        let starts: Vec<_> = self.cards.iter().map(|card| card.start).collect();
        let awaits = self.position.awaits(&starts, status);
        self.awaited = match awaits {
            Some((_, PieceStart::AtBar(bar))) => self.line_of(bar),
            _ => None,
        };
        let next = awaits.filter(|(_, start)| match start {
            PieceStart::AtBar(_) => self.is_held() != Some(true) && self.is_near(self.awaited),
            _ => ended_by_itself(status),
        });
        if let Some((piece, _)) = next {
            self.awaited = None;
            self.start(piece).await;
            self.look_at_current();
        }
        self.leave().await;
        self.show();
    }

    /// Waits until something is due.
    pub async fn due(&self) {
        let player = self.app.conductor.player();
        let transport = player.transport();
        let near = self.awaited.filter(|_| self.is_held() != Some(true));
        let near = near.and_then(|beat| transport.instant(beat));
        let near = near.map(|at| Nanos(at.0.saturating_sub(LEAD.as_nanos() as u64)));
        let leaves = self.leaving.as_ref().and(self.entry.as_ref());
        let leaves = leaves.and_then(|entry| transport.instant(entry.at()));
        match near.into_iter().chain(leaves).min() {
            Some(at) => sleep_until(player.origin() + at.since(Nanos::ZERO)).await,
            None => pending().await,
        }
    }

    async fn start(&mut self, number: PieceNumber) {
        let pieces = self.list.iter().flat_map(|list| &list.pieces);
        let Some(piece) = pieces.clone().nth(number.place()) else {
            return;
        };
        let (id, how) = (ScoreId(piece.score.name().into()), piece.previous);
        let before = self.open_instances(self.position.started);
        match self.launch(piece, &id).await {
            Ok(instance) => {
                let now = self.app.conductor.engine().clock().now();
                self.position.start(number, instance, now);
                self.entry = None;
                let leaves = how != PreviousPiece::Continues && !before.is_empty();
                let instances = before;
                self.leaving = leaves.then_some(Leaving { instances, how });
            }
            Err(sentence) => {
                // It does not start again by itself.
                self.position
                    .go(SetlistCommand::GoTo(number), self.cards.len());
                self.notice(sentence);
            }
        }
    }

    async fn launch(&self, piece: &Piece, id: &ScoreId) -> Result<Option<InstanceId>, String> {
        let Some(document) = self.app.document(id) else {
            return Err(format!("{} has an error and does not start.", id.0));
        };
        let launched = self
            .app
            .conductor
            .launch(&document, None, piece.input.clone(), None);
        launched.await.map_err(|error| error.to_string())
    }

    /// Ends the current piece and hides its lanes.
    async fn reset(&mut self) {
        let open = self.open_instances(Some(self.position.current));
        for id in open {
            self.report(terminate(&self.app, &id).await);
        }
        let instances = self.position.reset();
        (self.entry, self.leaving) = (None, None);
        self.app.emit(AppEvent::PutAway(instances.clone()));
        self.put_away.extend(instances);
        self.put_away.sort_unstable();
        self.put_away.dedup();
        let many = self.put_away.len().saturating_sub(MAX_PUT_AWAY);
        self.put_away.drain(..many);
    }

    /// Once the new piece has begun, the one before it is paused or terminated.
    async fn leave(&mut self) {
        let begun = match &self.entry {
            Some(entry) => {
                let player = self.app.conductor.player();
                player.transport().position(player.now()) >= entry.at()
            }
            // It makes no music: it begins at once.
            None => !self.is_musical(),
        };
        let Some(leaving) = self.leaving.take_if(|_| begun) else {
            return;
        };
        for id in leaving.instances {
            let engine = self.app.conductor.engine();
            let done = match leaving.how {
                PreviousPiece::Continues => Ok(()),
                PreviousPiece::Pauses => engine.suspend(&id, REASON).await.map_err(Into::into),
                PreviousPiece::Terminates => terminate(&self.app, &id).await,
            };
            self.report(done);
        }
    }

    /// Notes where the instance of the current piece entered, and how long it is paused.
    fn look_at_current(&mut self) {
        let latest = self
            .position
            .latest()
            .filter(|_| self.position.has_started());
        let Some(instance) = latest.cloned() else {
            self.entry = None;
            return;
        };
        if self
            .entry
            .as_ref()
            .is_none_or(|entry| *entry.instance() != instance)
        {
            let archive = self.app.conductor.engine().archive();
            self.entry = Entry::of(instance, archive);
        }
        let is_paused = self.status() == Some(Status::Suspended);
        let player = self.app.conductor.player();
        let transport = player.transport();
        if let Some(entry) = &mut self.entry {
            match is_paused {
                true => entry.paused(transport.position(player.now())),
                false => entry.plays(&transport, player.now()),
            }
        }
    }

    /// The line before a bar of the current piece, counted from 1.
    fn line_of(&self, bar: u32) -> Option<Beat> {
        let entry = self.entry.as_ref()?;
        Some(entry.line_of(bar, &self.app.conductor.player().transport()))
    }

    /// Whether the current piece is paused; `None` if that is not known.
    fn is_held(&self) -> Option<bool> {
        self.entry.as_ref().map(Entry::is_paused)
    }

    fn is_near(&self, beat: Option<Beat>) -> bool {
        let player = self.app.conductor.player();
        let due = beat.and_then(|beat| player.transport().instant(beat));
        due.is_some_and(|due| due <= player.now() + LEAD)
    }

    /// The status of the current piece.
    fn status(&self) -> Option<Status> {
        let id = self
            .position
            .latest()
            .filter(|_| self.position.has_started())?;
        let snapshot = self.app.snapshot();
        match snapshot.lane(id) {
            Some(lane) => Some(lane.status),
            // It was started a moment ago, or its lane is hidden.
            None => self.stored_status(id),
        }
    }

    fn stored_status(&self, id: &InstanceId) -> Option<Status> {
        let archive = self.app.conductor.engine().archive();
        archive.summary(id).ok().map(|summary| summary.status)
    }

    /// The open instances of a piece.
    fn open_instances(&self, piece: Option<PieceNumber>) -> Vec<InstanceId> {
        let instances = piece.map_or(&[][..], |piece| self.position.instances_of(piece));
        let is_open = |id: &&InstanceId| {
            let status = self.stored_status(id);
            status.is_some_and(|status| !status.is_closed())
        };
        instances.iter().filter(is_open).cloned().collect()
    }

    fn is_musical(&self) -> bool {
        let current = self.cards.get(self.position.current.place());
        let document = current.and_then(|card| self.app.document(&card.score));
        document.is_some_and(|document| crate::score::is_musical(&document))
    }

    fn notice(&self, sentence: String) {
        self.app.emit(AppEvent::Notice(sentence));
    }

    /// Reports an error, unless the instance has closed at the same moment.
    fn report(&self, done: Result<(), ConductorError>) {
        match done {
            Err(ConductorError::Engine(EngineError::Closed { .. })) => {}
            done => self.app.report(done),
        }
    }

    /// Shows and keeps the present state, if it has changed.
    fn show(&mut self) {
        let title = self.list.as_ref().map_or(&*self.path, |list| &list.title);
        let view = SetlistView {
            title: title.into(),
            pieces: Arc::clone(&self.cards),
            position: self.position.clone(),
            awaited: self.awaited,
            problem: self.problem.clone(),
        };
        if self.shown.as_ref() == Some(&view) {
            return;
        }
        self.shown = Some(view.clone());
        self.app.emit(AppEvent::Setlist(Box::new(view)));
        if self.list.is_some() {
            self.positions.keep(Kept {
                setlist: self.path.clone(),
                pieces: self.keys.clone(),
                position: self.position.clone(),
                put_away: self.put_away.clone(),
            });
        }
    }
}

/// The first line of errors: the lines below show the text with a mark under the place.
fn first_line(errors: &ScoreErrors) -> String {
    let text = errors.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}
