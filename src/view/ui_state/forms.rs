//! Forms: which one an action opens, and what becomes of what was typed into it.

use std::sync::Arc;

use jiff::tz::TimeZone;
use serde_json::Value;

use super::{Overlay, UiState};
use crate::{
    conductor::control_surface::LaneTarget,
    engine::{InstanceId, Timestamp},
    view::{
        action::Action,
        command::{BackendCommand, Command, EngineCommand, FileCommand, ScoreId},
        folder::split_path,
        form::{AskData, ChoiceOption, Field, FieldKind, Form, FormPurpose, FoundLine},
        go_to::{GO_TO_HINT, TimePlace},
        lane::LaneModel,
        lane_target::lanes_to_cue,
        snapshot::{ScoreCard, Snapshot},
    },
};

impl UiState {
    /// The lane that keys raise an event on: the selected one if it waits, else the first that does.
    fn lane_to_cue<'a>(&self, live: &'a Snapshot) -> Option<&'a LaneModel> {
        let selected = self.selected.as_ref();
        let waiting = lanes_to_cue(&LaneTarget::Selected, live.performance(), selected);
        waiting.into_iter().next()
    }

    /// Raises the event that the selected lane waits for; asks for what is needed in a form.
    pub(super) fn cue(&mut self, data: AskData, live: &Snapshot) -> Option<EngineCommand> {
        let selected = self.selected.as_ref();
        let lane = with_code_elsewhere(selected, live)
            .or_else(|| self.lane_to_cue(live))
            .or_else(|| with_code_elsewhere(self.lane(live).map(|lane| &lane.id), live))?;
        self.cue_lane(lane, data)
    }

    /// Raises the event that a lane waits for. Opens a form where several events could be meant, or where
    /// data is asked for.
    pub fn cue_lane(&mut self, lane: &LaneModel, data: AskData) -> Option<EngineCommand> {
        let awaited = lane.awaited();
        match awaited.as_slice() {
            [] if lane.takes_any_event() => {
                self.overlay = Overlay::Form(Box::new(name_event(lane)));
                None
            }
            [] => None,
            [only] => self.raise(lane, only, data),
            several => {
                self.overlay = Overlay::Form(Box::new(choose_event(lane, several, data)));
                None
            }
        }
    }

    fn raise(
        &mut self,
        lane: &LaneModel,
        event: &Arc<str>,
        data: AskData,
    ) -> Option<EngineCommand> {
        self.overlay = Overlay::None;
        if data == AskData::IfNeeded && !lane.needs_data(event) {
            return Some(EngineCommand::raise(&lane.id, event));
        }
        let purpose = FormPurpose::Raise {
            instance: lane.id.clone(),
            event: Arc::clone(event),
        };
        let heading = format!("Raise “{event}” on {}", lane.title());
        let schema = lane.event_schema(event);
        let form = Form::for_data(purpose, heading, "Raise", schema, "Data");
        self.overlay = Overlay::Form(Box::new(form));
        None
    }

    /// Asks which score to start with an input.
    pub(super) fn ask_score(&mut self) {
        let field = Field::new("", "Score", FieldKind::Text);
        let heading = "Start a score with an input".to_owned();
        let form = Form::with_field(FormPurpose::ChooseScore, heading, "Next", field);
        let form = form.with_hint("Type a part of its title. ↑ ↓ and Enter choose.");
        self.overlay = Overlay::Form(Box::new(form));
    }

    /// Asks for the input of a score.
    pub fn ask_input(&mut self, card: &ScoreCard) {
        let purpose = FormPurpose::Start(card.id.clone());
        let heading = format!("Start {} with an input", card.title);
        let form = Form::for_data(purpose, heading, "Start", card.input.clone(), "Input");
        self.overlay = Overlay::Form(Box::new(form));
    }

    pub(super) fn ask_place(&mut self) {
        let field = Field::new("", "Time", FieldKind::Text);
        let heading = "Go to a time".to_owned();
        let form = Form::with_field(FormPurpose::GoTo, heading, "Go", field);
        self.overlay = Overlay::Form(Box::new(form.with_hint(GO_TO_HINT)));
    }

    pub(super) fn ask_address(&mut self) {
        let mut field = Field::new("", "Address", FieldKind::Text);
        field.typed = "temporal://127.0.0.1:7233/default".to_owned();
        field.is_required = true;
        let heading = "Attach another engine".to_owned();
        let form = Form::with_field(FormPurpose::Attach, heading, "Attach", field);
        let form = form.with_hint("The address and the namespace of a Temporal server.");
        self.overlay = Overlay::Form(Box::new(form));
    }

    pub(super) fn ask_file(&mut self, asked: Timestamp) {
        let mut field = Field::new("", "File", FieldKind::Text);
        field.typed.clone_from(&self.last_folder);
        let heading = "Open a score, a MIDI file or an exported history".to_owned();
        let form = Form::with_field(FormPurpose::Open { asked }, heading, "Open", field);
        let form = form.with_hint("Type a path, ~ is your home folder. ↑ ↓ choose, Tab completes.");
        self.overlay = Overlay::Form(Box::new(form));
    }

    /// Sends the form that is open. It closes, or shows what is wrong with it.
    pub fn send_form(&mut self, live: &Snapshot, wall: Timestamp, zone: &TimeZone) -> Vec<Command> {
        let Overlay::Form(form) = &mut self.overlay else {
            return Vec::new();
        };
        let Some(data) = form.send() else {
            return Vec::new();
        };
        let purpose = form.purpose.clone();
        let text = data.as_str().unwrap_or_default();
        match purpose {
            FormPurpose::Raise { instance, event } => {
                self.send_event(instance, event, data, live, wall)
            }
            FormPurpose::Start(score) => self.send_input(score, data, live, wall),
            FormPurpose::ChooseEvent { instance, data } => {
                let Some(lane) = live.performance().lane(&instance).cloned() else {
                    return self.refuse("the lane is gone");
                };
                let command = self.raise(&lane, &text.into(), data);
                command.into_iter().map(Command::from).collect()
            }
            FormPurpose::NameEvent { instance } => {
                let Some(lane) = live.performance().lane(&instance).cloned() else {
                    return self.refuse("the lane is gone");
                };
                let command = self.raise(&lane, &text.trim().into(), AskData::Always);
                command.into_iter().map(Command::from).collect()
            }
            FormPurpose::Attach => {
                self.overlay = Overlay::None;
                self.sent(
                    BackendCommand::Attach(text.trim().into()).into(),
                    live,
                    wall,
                )
            }
            FormPurpose::ChooseScore => {
                let line = form.line.and_then(|line| form.found.get(line));
                let id = line.map(|line| ScoreId(line.completes.as_str().into()));
                let cards = live.performance().scores.iter();
                match cards.into_iter().find(|card| Some(&card.id) == id.as_ref()) {
                    Some(card) => self.ask_input(&card.clone()),
                    None => return self.refuse("no score has this in its title"),
                }
                Vec::new()
            }
            FormPurpose::GoTo => {
                let found = text.parse::<TimePlace>().and_then(|place| {
                    let here = self.moment(live, wall);
                    live.find_place(place, self.lane(live), here.as_ref(), wall, zone)
                });
                match found {
                    Ok(moment) => {
                        self.overlay = Overlay::None;
                        self.jump(moment);
                        Vec::new()
                    }
                    Err(error) => self.refuse(error.to_string()),
                }
            }
            FormPurpose::Open { .. } => {
                let (folder, name) = split_path(text);
                if name.is_empty() {
                    return self.refuse("choose a file in this folder");
                }
                self.last_folder = folder.to_owned();
                self.overlay = Overlay::None;
                vec![FileCommand::Open(text.into()).into()]
            }
        }
    }

    /// The instance may have ended, or gone on, since the form was opened.
    fn send_event(
        &mut self,
        instance: InstanceId,
        event: Arc<str>,
        data: Value,
        live: &Snapshot,
        wall: Timestamp,
    ) -> Vec<Command> {
        let lane = live.performance().lane(&instance);
        if lane.is_none_or(|lane| lane.status.is_closed()) {
            return self.refuse("the workflow has ended: it receives no more events");
        }
        self.overlay = Overlay::None;
        let command = EngineCommand::RaiseEvent {
            instance,
            event,
            data,
        };
        self.sent(command.into(), live, wall)
    }

    fn send_input(
        &mut self,
        score: ScoreId,
        input: Value,
        live: &Snapshot,
        wall: Timestamp,
    ) -> Vec<Command> {
        self.overlay = Overlay::None;
        // Without an input, a score gets an empty object.
        let input = match input {
            Value::Null => Value::Object(serde_json::Map::new()),
            input => input,
        };
        match self.start_score(&score, wall) {
            Some(_) => self.sent(EngineCommand::StartWith { score, input }.into(), live, wall),
            None => Vec::new(),
        }
    }

    fn sent(&mut self, command: Command, live: &Snapshot, wall: Timestamp) -> Vec<Command> {
        let commands = vec![command];
        self.answer_button(&commands, live, wall);
        commands
    }

    fn refuse(&mut self, problem: impl Into<String>) -> Vec<Command> {
        if let Overlay::Form(form) = &mut self.overlay {
            form.refuse(problem);
        }
        Vec::new()
    }

    /// Starts the workflow of the selected lane again. An open one is left alone, and the answer says so.
    pub(super) fn restart(&mut self, live: &Snapshot, wall: Timestamp) -> Option<EngineCommand> {
        let Some(lane) = self.lane(live).cloned() else {
            self.say(&Action::Restart, "no lane to restart", wall);
            return None;
        };
        let title = lane.title();
        let status = live.performance().lane(&lane.id).unwrap_or(&lane).status;
        let refused = match (live.can_rerun(&lane.id), status.is_closed()) {
            _ if lane.backend.is_some() => Some("belongs to another engine: start it there"),
            (false, _) => Some("comes from a file: it cannot be restarted"),
            (true, false) => Some("is still open: end it first (hold T)"),
            (true, true) => None,
        };
        if let Some(why) = refused {
            self.say(&Action::Restart, &format!("{title} {why}"), wall);
            return None;
        }
        self.return_to_live();
        self.select(&lane.id);
        Some(EngineCommand::Restart(lane.id.clone()))
    }

    /// Exports the history of the selected lane.
    pub(super) fn export(&mut self, live: &Snapshot, wall: Timestamp) -> Option<FileCommand> {
        let lane = self.lane(live).cloned();
        let why = match &lane {
            None => "no lane to export".to_owned(),
            Some(lane) if lane.backend.is_some() => {
                format!(
                    "{} belongs to another engine: export it there",
                    lane.title()
                )
            }
            Some(lane) if live.can_rerun(&lane.id) => {
                return Some(FileCommand::Export {
                    instance: lane.id.clone(),
                    run: lane.run,
                });
            }
            Some(lane) => format!("{} comes from a file", lane.title()),
        };
        self.say(&Action::Export, &why, wall);
        None
    }
}

/// A lane, if it is one that takes events of any name.
fn with_code_elsewhere<'a>(id: Option<&InstanceId>, live: &'a Snapshot) -> Option<&'a LaneModel> {
    let lane = live.performance().lane(id?)?;
    lane.takes_any_event().then_some(&**lane)
}

/// The form in which an event is named.
fn name_event(lane: &LaneModel) -> Form {
    let mut field = Field::new("", "Event", FieldKind::Text);
    field.is_required = true;
    let purpose = FormPurpose::NameEvent {
        instance: lane.id.clone(),
    };
    let heading = format!("Raise an event on {}", lane.title());
    let form = Form::with_field(purpose, heading, "Next", field);
    form.with_hint("The name of a signal that the workflow handles.")
}

/// The form in which one of several events is chosen.
fn choose_event(lane: &LaneModel, events: &[Arc<str>], data: AskData) -> Form {
    let options = events.iter().map(|event| ChoiceOption {
        label: event.to_string(),
        value: (**event).into(),
    });
    let mut field = Field::new("", "Event", FieldKind::Choice(options.collect()));
    field.is_required = true;
    let purpose = FormPurpose::ChooseEvent {
        instance: lane.id.clone(),
        data,
    };
    let heading = format!("{} waits for one of these", lane.title());
    Form::with_field(purpose, heading, "Next", field)
}

impl Snapshot {
    /// The scores whose titles contain a text, as lines of a form.
    pub fn scores_named(&self, typed: &str) -> Vec<FoundLine> {
        let typed = typed.trim().to_lowercase();
        let cards = self.performance().scores.iter();
        let named = cards
            .filter(|card| card.problem.is_none() && card.title.to_lowercase().contains(&typed));
        let lines = named.map(|card| FoundLine {
            text: card.title.clone(),
            detail: match card.input {
                Some(_) => "has a form for its input".to_owned(),
                None => String::new(),
            },
            completes: card.id.0.to_string(),
            goes_on: false,
        });
        lines.collect()
    }
}
