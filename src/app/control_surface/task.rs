//! What happens to what the hands do.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tokio::sync::mpsc;

use super::{
    super::host::{App, AppEvent},
    Save, ToControlSurface,
    lamps::Lamps,
};
use crate::{
    conductor::{
        ConductorError,
        control_surface::{
            Binding, ControlAction, ControlIntent, ControlSurface, Cue, Follow, Inputs, Route,
            Source,
        },
        rig::{Controls, Notes},
    },
    engine::InstanceId,
    music::{Arrived, ClockMessage, Key, Message, Nanos, PortNames, Velocity},
    view::{
        Bound, ClockView, Command, ControlSurfaceView, Learn, Snapshot, commands, present, words,
    },
};

/// After a control was learned others are not learned for so long: some controls send two messages.
const LEARNED: Duration = Duration::from_millis(500);

/// Everything that hands can reach.
pub(super) struct ControlSurfaceTask {
    app: Arc<App>,
    pub(super) controls: Controls,
    save: Save,
    pub(super) hands: ControlSurface,
    follow: Follow,
    pub(super) routes: Vec<Route>,
    lamps: Lamps,
    /// What is being learned, while it is.
    learning: Option<Learning>,
    selected: Option<InstanceId>,
    shown: ControlSurfaceView,
    orders: mpsc::UnboundedSender<Command>,
}

#[derive(Default)]
struct Learning {
    chosen: Option<ControlAction>,
    /// When something was learned last.
    learned: Option<Nanos>,
}

impl ControlSurfaceTask {
    pub(super) fn new(app: Arc<App>, controls: Controls, save: Save) -> Self {
        let orders = carry_out(Arc::clone(&app));
        let mut task = Self {
            hands: ControlSurface::default(),
            follow: Follow::default(),
            routes: Vec::new(),
            lamps: Lamps::default(),
            learning: None,
            selected: None,
            shown: ControlSurfaceView::default(),
            controls: Controls::default(),
            save,
            app,
            orders,
        };
        task.take_up(controls);
        task
    }

    /// The rig says something else. Keys that are held on what is no longer connected come up.
    pub(super) fn take_up(&mut self, controls: Controls) {
        if controls == self.controls {
            return;
        }
        for route in std::mem::take(&mut self.routes) {
            self.complain(route.lost().map_err(ConductorError::from));
        }
        let player = self.app.conductor.player();
        let routes = controls.thru.iter().cloned();
        self.routes = routes.map(|thru| Route::new(thru, player)).collect();
        if controls.clock != self.controls.clock {
            self.follow = Follow::default();
        }
        self.hands = ControlSurface::new(controls.bindings.clone());
        self.lamps.forget();
        self.controls = controls;
    }

    /// Opens and closes inputs; connects what is heard at once.
    pub(super) fn tend(&mut self, inputs: &mut Inputs, present: &PortNames) {
        let wants_all = self.learning.is_some();
        let tended = inputs.tend(present, |name| wants_all || self.controls.listens_to(name));
        for name in tended.lost {
            self.hands.lost(&name);
            for route in self.routes.iter().filter(|route| route.is_from(&name)) {
                self.complain(route.lost().map_err(ConductorError::from));
            }
        }
        for error in tended.refused {
            self.app.tell(AppEvent::Notice(error.to_string()));
        }
        for route in &mut self.routes {
            let listened_to = inputs.names().any(|name| route.is_from(name));
            if listened_to && let Err(error) = route.connect(&self.app.conductor) {
                self.app.tell(AppEvent::Notice(error.to_string()));
            }
        }
        self.lamps.forget();
    }

    /// The window says something; whether other inputs are wanted now.
    pub(super) fn told(&mut self, told: ToControlSurface) -> bool {
        match told {
            ToControlSurface::Selected(lane) => self.selected = lane,
            ToControlSurface::Learn(Learn::Open) => self.learning = Some(Learning::default()),
            ToControlSurface::Learn(Learn::Close) => self.learning = None,
            ToControlSurface::Learn(Learn::Choose(action)) => {
                let learning = self.learning.get_or_insert_default();
                learning.chosen = Some(action);
            }
            ToControlSurface::Learn(Learn::Forget(action)) => {
                if let Some(learning) = &mut self.learning {
                    learning.chosen = None;
                }
                self.bind(|bindings| bindings.retain(|binding| binding.action != action));
            }
        }
        true
    }

    /// A message came in; whether other inputs are wanted now.
    pub(super) fn hear(&mut self, input: &str, Arrived { at, message }: Arrived) -> bool {
        if let Message::Clock(message) = message {
            self.hear_clock(input, message, at);
            return false;
        }
        for route in self.routes.iter().filter(|route| route.is_from(input)) {
            self.complain(route.play(message).map_err(ConductorError::from));
        }
        if self.learning.is_some() {
            return self.learn(input, at, message);
        }
        let snapshot = self.app.snapshot();
        let wishes = self
            .hands
            .hear(input, at, message, |action| present(action, &snapshot));
        self.grant(wishes, at, &snapshot);
        if let Message::NoteOn(_, key, velocity) = message {
            self.raise(input, message, key, velocity, &snapshot);
        }
        false
    }

    fn hear_clock(&mut self, input: &str, message: ClockMessage, at: Nanos) {
        let from = self.controls.clock.as_ref();
        if !from.is_some_and(|clock| clock.is_from(input)) {
            return;
        }
        match self.follow.hear(message, at, self.app.conductor.player()) {
            Ok(Some(Cue::Play)) => self.order(vec![Command::Play]),
            Ok(Some(Cue::Stop)) => self.order(vec![Command::Stop]),
            Ok(None) => {}
            Err(error) => self.complain(Err(error.into())),
        }
    }

    fn learn(&mut self, input: &str, at: Nanos, message: Message) -> bool {
        let Some(learning) = &mut self.learning else {
            return false;
        };
        let recent = |learned| at.since(learned) < LEARNED;
        let touched = Source::touched(input, message);
        let (Some(source), false) = (touched, learning.learned.is_some_and(recent)) else {
            return false;
        };
        let Some(action) = learning.chosen.take() else {
            return false;
        };
        learning.learned = Some(at);
        let binding = Binding::learned(source, input, action);
        self.bind(|bindings| {
            bindings.retain(|b| b.action != binding.action && b.source != binding.source);
            bindings.push(binding);
        });
        true
    }

    /// Changes what controls do, and keeps it.
    fn bind(&mut self, change: impl FnOnce(&mut Vec<Binding>)) {
        change(&mut self.controls.bindings);
        self.hands = ControlSurface::new(self.controls.bindings.clone());
        self.lamps.forget();
        if let Err(error) = (self.save)(&self.controls) {
            self.app.tell(AppEvent::Notice(error));
        }
    }

    /// Notes answer scores that listen.
    fn raise(
        &self,
        input: &str,
        message: Message,
        key: Key,
        velocity: Velocity,
        snapshot: &Snapshot,
    ) {
        let data = json!({
            "note": key.number(),
            "name": words::key(key),
            "velocity": velocity.number(),
            "channel": message.channel().map(|channel| channel.number()),
        });
        for notes in &self.controls.notes {
            if !notes.is_from(input, message) {
                continue;
            }
            for id in listeners(notes, snapshot) {
                self.app.raise(id, notes.raise.clone(), data.clone());
            }
        }
    }

    /// Buttons that were let go stay so.
    pub(super) fn settle(&mut self) {
        let now = self.app.conductor.player().now();
        let wishes = self.hands.settle(now);
        let snapshot = self.app.snapshot();
        self.grant(wishes, now, &snapshot);
    }

    fn grant(&self, wishes: Vec<ControlIntent>, at: Nanos, snapshot: &Snapshot) {
        for wish in wishes {
            let at = self.app.moment(at);
            self.order(commands(&wish, at, snapshot, self.selected.as_ref()));
        }
    }

    /// What belongs to the player is done at once; what belongs to the engine in its order.
    fn order(&self, commands: Vec<Command>) {
        for command in commands {
            match self.app.at_once(command) {
                Ok(done) => self.complain(done),
                Err(command) => {
                    // The other end lasts as long as the runtime.
                    let _ = self.orders.send(command);
                }
            }
        }
    }

    /// Lights the lamps and tells the window.
    pub(super) fn show(&mut self, inputs: &Inputs) {
        let snapshot = self.app.snapshot();
        let bindings = self.hands.bindings();
        self.lamps.light(
            bindings,
            &snapshot,
            self.selected.as_ref(),
            &self.app.conductor,
        );
        let now = self.app.conductor.player().now();
        let bound = self.hands.bindings().map(|binding| Bound {
            action: binding.action.clone(),
            control: binding.source.to_string().into(),
        });
        let tempo = self.follow.tempo(now);
        let view = ControlSurfaceView {
            bound: bound.collect(),
            inputs: inputs.names().cloned().collect(),
            clock: self.controls.clock.as_ref().map(|clock| ClockView {
                from: clock.from.as_str().into(),
                // As finely as it is shown.
                tempo: tempo.map(|tempo| (tempo.beats_per_minute() * 10.0).round() / 10.0),
            }),
        };
        if view != self.shown {
            self.shown = view.clone();
            self.app.tell(AppEvent::ControlSurface(Box::new(view)));
        }
    }

    pub(super) fn hears_clock(&self, now: Nanos) -> bool {
        let shown = self.shown.clock.as_ref();
        self.follow.tempo(now).is_some() || shown.is_some_and(|clock| clock.tempo.is_some())
    }

    fn complain(&self, done: Result<(), ConductorError>) {
        if let Err(error) = done {
            self.app.tell(AppEvent::Notice(error.to_string()));
        }
    }
}

/// The lanes that hear the notes of a keyboard: those that wait for them, or those of its score.
fn listeners(notes: &Notes, snapshot: &Snapshot) -> Vec<InstanceId> {
    let lanes = snapshot.lanes.iter().filter(|lane| match &notes.score {
        Some(score) => !lane.status.is_closed() && *lane.workflow == **score,
        None => lane.cues().any(|cue| **cue == *notes.raise),
    });
    lanes.map(|lane| lane.id.clone()).collect()
}

/// Carries commands out one after the other, as long as somebody gives them.
fn carry_out(app: Arc<App>) -> mpsc::UnboundedSender<Command> {
    let (orders, mut given) = mpsc::unbounded_channel();
    let runtime = app.runtime().clone();
    runtime.spawn(async move {
        while let Some(command) = given.recv().await {
            app.obey(command).await;
        }
    });
    orders
}
