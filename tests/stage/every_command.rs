//! Every command can be given by its name: it is typed in the search, and Enter does what the table below
//! promises.

use std::collections::BTreeSet;

use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use fermata::{
    backend::Abilities,
    conductor::{
        Direction, EndAt, FaultChange, FaultTarget, Strip, Switch,
        control_surface::{ControlAction, LaneTarget, StripTarget},
    },
    engine::{EventId, EventKind, InstanceId, Payload, Status},
    music::Volume,
    stage::Host,
    view::{
        Action, BackendCommand, Camera, Command, ControlSurfaceCommand, EngineCommand, FileCommand,
        Focus, HistoryCommand, HistorySource, IdleTime, Markers, PlayerCommand, Playhead,
        Projector, ReadingDistance, Repeat, SetlistCommand, Shelf, Side, Stop, UiState,
    },
};

use super::{
    TestWindow, backends,
    concert::{NOW, Voice, at, concert, tour},
    editing, empty,
    histories::opened,
    lanes_on_stage::many,
    setlist, token_game,
};

const DRUMMER: &str = "stubborn-drummer-7";
const BASS: &str = "ostinato-1";
const STRINGS: &str = "tutti-3";
const OBOE: &str = "call-and-response-2";

/// What is promised of an action.
enum Effect {
    /// The application is told this, and nothing else.
    Sends(Command),
    /// Something with this in its name appears.
    Shows(&'static str),
    /// It disappears.
    Hides(&'static str),
    /// This lane is selected.
    Selects(InstanceId),
    /// This becomes true.
    Turns(fn(&UiState) -> bool),
    /// This becomes more.
    Raises(fn(&UiState) -> f64),
    /// This becomes less.
    Lowers(fn(&UiState) -> f64),
}

/// A scene in which an action has an effect, and the effect. There is one for every action that the search
/// offers: the compiler asks for it.
fn promise(action: &Action) -> Option<(TestWindow, Effect)> {
    use Effect::{Hides, Lowers, Raises, Selects, Shows, Turns};
    let drummer = || on(DRUMMER);
    Some(match action {
        Action::Control(action) => return promise_of_control(action),
        Action::Record => (drummer(), sends(EngineCommand::StartRecording)),
        Action::Faster => (drummer(), sends(PlayerCommand::SetTempo(97.0))),
        Action::Slower => (drummer(), sends(PlayerCommand::SetTempo(95.0))),
        Action::Learn => (drummer(), sends(ControlSurfaceCommand::StartLearning)),
        Action::Lane(number) => {
            let window = TestWindow::open(&many(12));
            let lane = window.at(usize::from(*number));
            (window, Selects(lane))
        }
        Action::LaneAbove => (drummer(), Selects(id(BASS))),
        Action::LaneBelow => (drummer(), Selects(id(STRINGS))),
        Action::Focus => (drummer(), Turns(|state| state.focus == Focus::Selected)),
        Action::EndedLanes => (drummer(), Turns(|state| state.shelf == Shelf::Open)),
        Action::FoldChildren => (family(), Hides("concert, Running")),
        Action::Filter => (drummer(), Shows("Filter the lanes")),
        Action::RaiseWithData => (on(OBOE), Shows("Raise “applause” on Oboe")),
        Action::StartWithInput => (drummer(), Shows("Start a score with an input")),
        Action::Restart => (ended(), sends(EngineCommand::Restart(id("encore-1")))),
        Action::GoTo => (drummer(), Shows("Go to a time")),
        Action::OpenFile => (
            drummer(),
            Shows("Open a score, a MIDI file or an exported history"),
        ),
        Action::Attach => (drummer(), Shows("Attach another engine")),
        Action::Detach => (
            TestWindow::open(&backends::concert_and_cluster(Abilities::ALL)),
            sends(BackendCommand::Detach(backends::cluster())),
        ),
        Action::Serve => (drummer(), sends(BackendCommand::Serve)),
        Action::Export => {
            let (instance, run) = (id(DRUMMER), 1);
            (drummer(), sends(FileCommand::Export { instance, run }))
        }
        Action::Pin => (
            drummer(),
            Shows("Drummer, Retrying, attempt 4 of 8 in 1.6 s, pinned"),
        ),
        Action::MoveLane(Side::Above) => (drummer(), Turns(|state| is_above(state, DRUMMER, BASS))),
        Action::MoveLane(Side::Below) => {
            (drummer(), Turns(|state| is_above(state, STRINGS, DRUMMER)))
        }
        Action::Group => (drummer(), Shows("Fold the group Drummer: 1 running")),
        Action::NewShow => {
            let window = drummer();
            let now = window.host.now();
            (window, Effect::Sends(Command::Show(Some(now))))
        }
        Action::EarlierLanes => (drummer(), Effect::Sends(Command::Show(None))),
        Action::Setlist => (setlist::window(), Hides("Piece 1: The bass, playing")),
        Action::Scores => (drummer(), Shows("Start The stubborn drummer")),
        Action::Histories => (drummer(), sends(HistoryCommand::Find(String::new()))),
        Action::Purge => (
            drummer(),
            sends(HistoryCommand::Find("status:closed ".to_owned())),
        ),
        Action::Schedules => (drummer(), Shows("Schedules: click to close")),
        Action::Faults => (drummer(), Shows("Faults: click to close")),
        Action::BreakCode => {
            let change = FaultChange {
                outage: Some(true),
                ..FaultChange::default()
            };
            let target = FaultTarget::Lane(id(DRUMMER));
            (drummer(), sends(PlayerCommand::ChangeFault(target, change)))
        }
        Action::Crash => (drummer(), sends(PlayerCommand::Crash)),
        Action::Dismiss => {
            let mut projector = concert();
            projector.open_history(opened(1, "encore-9", HistorySource::Store));
            let window = TestWindow::open(&projector);
            (window, Hides("opened from the store"))
        }
        Action::Compare => (drummer(), Shows("Search the histories")),
        Action::Live => (past(), Turns(|state| state.playhead == Playhead::Live)),
        Action::Replay => (past(), Turns(UiState::is_playing_back)),
        Action::ReplayBackward => {
            let plays = |state: &UiState| {
                state.is_playing_back() && state.rate.direction == Direction::Backward
            };
            (past(), Turns(plays))
        }
        Action::Loop => (past(), Turns(|state| state.repeat == Repeat::Loop)),
        Action::Step(Stop::Event, direction)
        | Action::Step(Stop::Beat, direction)
        | Action::Step(Stop::Bar, direction)
        | Action::Step(Stop::Failure, direction)
        | Action::Step(Stop::Marker, direction) => match direction {
            Direction::Forward => (past(), Raises(playhead)),
            Direction::Backward => (past(), Lowers(playhead)),
        },
        Action::Start => (past(), Lowers(playhead)),
        Action::End => (past(), Raises(playhead)),
        Action::Rerun => {
            let (instance, run, from) = (id(DRUMMER), 1, EventId(909));
            let rerun = EngineCommand::Rerun {
                instance,
                run,
                from,
            };
            (past(), sends(rerun))
        }
        Action::Mark => (past(), Turns(|state| state.markers.iter().count() == 3)),
        Action::Follow => (past(), Turns(|state| state.camera == Camera::Following)),
        Action::ZoomIn => (drummer(), Lowers(|state| state.viewport.ns_per_point)),
        Action::ZoomOut => (drummer(), Raises(|state| state.viewport.ns_per_point)),
        Action::ShowAll => (drummer(), Raises(|state| state.viewport.ns_per_point)),
        Action::FoldIdle => (drummer(), Turns(|state| state.idle != IdleTime::Shown)),
        Action::Clock => (drummer(), Shows("Second clock: wall clock")),
        Action::Earlier => (past(), Lowers(|state| state.viewport.from.0 as f64)),
        Action::Later => (past(), Raises(|state| state.viewport.from.0 as f64)),
        Action::Explain => (drummer(), Turns(|state| state.explainer.is_some())),
        Action::Inspector => (drummer(), Hides("Edit the score")),
        Action::NextToken => (token_game::far_apart("again"), Shows("- step:")),
        Action::EditScore => (drummer(), Shows("Edit · Drummer")),
        Action::SaveScore => (editing::changed(), Shows("Saving …")),
        Action::Meters => (drummer(), Turns(|state| state.meters)),
        Action::ReadingDistance => (
            drummer(),
            Turns(|state| state.reading_distance == ReadingDistance::Stage),
        ),
        Action::Motion => (drummer(), Shows("motion off")),
        Action::FullScreen => (drummer(), Turns(|state| state.full_screen)),
        Action::Quit => (drummer(), Shows("pieces are playing")),
        Action::AudienceWindow => (drummer(), Shows("Fermata: audience")),
        Action::Blackout => (audience(), Shows("The audience sees black")),
        Action::AudienceText => (audience(), Shows("audience text: larger")),
        Action::Help => (drummer(), Shows("Keyboard shortcuts: click to close")),
        // They are for keys: the search is open already.
        Action::Palette | Action::FindLane | Action::Escape => return None,
    })
}

/// The same for what controls can do as well.
fn promise_of_control(action: &ControlAction) -> Option<(TestWindow, Effect)> {
    use ControlAction as Act;
    use LaneTarget::{All, Selected};
    let drummer = || on(DRUMMER);
    let engine = |command: fn(InstanceId) -> EngineCommand| sends(command(id(DRUMMER)));
    let strip = || Strip::Lane(id(DRUMMER));
    Some(match action {
        Act::Pause(Selected) => (drummer(), engine(EngineCommand::Suspend)),
        Act::Pause(All) => (drummer(), sends(EngineCommand::SuspendAll)),
        Act::Terminate(Selected) => (drummer(), engine(EngineCommand::Terminate)),
        Act::TerminateAt(Selected, EndAt::Note) => (
            drummer(),
            engine(|id| EngineCommand::TerminateAt(id, EndAt::Note)),
        ),
        Act::TerminateAt(Selected, EndAt::Bar) => (
            drummer(),
            engine(|id| EngineCommand::TerminateAt(id, EndAt::Bar)),
        ),
        Act::Cancel(Selected) => (drummer(), engine(EngineCommand::Cancel)),
        Act::Retry(Selected) => (drummer(), engine(EngineCommand::RetryNow)),
        Act::Cue(Selected) => {
            let raised = EngineCommand::raise(&id(OBOE), &"applause".into());
            (on(OBOE), sends(raised))
        }
        Act::EndFaults => (drummer(), sends(PlayerCommand::EndFaults)),
        Act::Mute(StripTarget::Lane(Selected)) => (
            drummer(),
            sends(PlayerCommand::Mute(strip(), Switch::Toggle)),
        ),
        Act::Solo(StripTarget::Lane(Selected)) => (
            drummer(),
            sends(PlayerCommand::Solo(strip(), Switch::Toggle)),
        ),
        Act::Louder(Selected) => (drummer(), sends(volume(Volume::louder(Volume::UNITY)))),
        Act::Softer(Selected) => (drummer(), sends(volume(Volume::softer(Volume::UNITY)))),
        Act::ResetVolume(Selected) => (drummer(), sends(volume(Volume::UNITY))),
        Act::Tap => {
            let window = drummer();
            let now = window.host.now();
            (window, sends(PlayerCommand::Tap(now)))
        }
        Act::Nudge(by) => (drummer(), sends(PlayerCommand::Nudge(*by))),
        Act::PlayStop => (drummer(), sends(EngineCommand::Stop)),
        Act::Panic => (drummer(), sends(PlayerCommand::Panic)),
        Act::NextPiece => (setlist::window(), sends(SetlistCommand::Next)),
        Act::PreviousPiece => (setlist::window(), sends(SetlistCommand::Previous)),
        Act::ResetScene => (setlist::window(), sends(SetlistCommand::Reset)),
        // For pads that have a lane of their own, for faders and for wheels.
        Act::Pause(_)
        | Act::Terminate(_)
        | Act::TerminateAt(..)
        | Act::Cancel(_)
        | Act::Retry(_)
        | Act::Cue(_)
        | Act::Raise(..)
        | Act::Mute(_)
        | Act::Solo(_)
        | Act::Volume(_)
        | Act::Louder(_)
        | Act::Softer(_)
        | Act::ResetVolume(_)
        | Act::Faults(_)
        | Act::FailNext(_)
        | Act::Outage(_)
        | Act::Tempo
        | Act::Playhead(_) => return None,
    })
}

fn volume(volume: Volume) -> PlayerCommand {
    PlayerCommand::SetVolume(id(DRUMMER), volume)
}

fn id(name: &str) -> InstanceId {
    InstanceId::new(name).unwrap()
}

fn sends(command: impl Into<Command>) -> Effect {
    Effect::Sends(command.into())
}

/// The concert, with a lane selected.
fn on(lane: &str) -> TestWindow {
    selected(&concert(), lane, &[])
}

fn selected(projector: &Projector, lane: &str, markers: &[f64]) -> TestWindow {
    let mut window = TestWindow::open_with(projector, |host| {
        let mut kept = Markers::default();
        markers.iter().for_each(|beat| kept.set(at(*beat)));
        *host.kept.lock().unwrap() = kept;
    });
    let digits = [
        Key::Num1,
        Key::Num2,
        Key::Num3,
        Key::Num4,
        Key::Num5,
        Key::Num6,
        Key::Num7,
        Key::Num8,
        Key::Num9,
    ];
    let place = (1..=9).find(|number| window.at(*number).as_str() == lane);
    window.press(digits[place.unwrap() - 1]);
    assert_eq!(window.selected(), lane);
    window
}

/// The second failure of the drummer, between two markers.
fn past() -> TestWindow {
    let mut window = selected(&concert(), DRUMMER, &[150.0, 161.0]);
    window.press_with(Modifiers::SHIFT, Key::N);
    window.press_with(Modifiers::SHIFT, Key::N);
    window
}

/// A workflow with a child.
fn family() -> TestWindow {
    let mut projector = concert();
    for voice in tour() {
        projector.committed(&voice.committed());
    }
    selected(&projector, "tour-1", &[])
}

/// A piece that has ended.
fn ended() -> TestWindow {
    let mut voice = Voice::new("encore", "encore-1", 150.0);
    let output = Payload::null();
    let end = EventKind::ExecutionCompleted { output };
    voice.ends(at(NOW - 1.0), end, Status::Completed);
    let mut projector = empty();
    projector.committed(&voice.committed());
    selected(&projector, "encore-1", &[])
}

/// The audience's window is open.
fn audience() -> TestWindow {
    let mut window = on(DRUMMER);
    window.press(Key::F10);
    window
}

/// Whether the user has put a lane above another one.
fn is_above(state: &UiState, one: &str, other: &str) -> bool {
    let lanes = state.arrangement.order().iter();
    let place = |name| lanes.clone().position(|lane| lane.as_str() == name);
    place(one)
        .zip(place(other))
        .is_some_and(|(one, other)| one < other)
}

fn playhead(state: &UiState) -> f64 {
    match &state.playhead {
        Playhead::At(moment) => moment.at.0 as f64,
        Playhead::Live | Playhead::Playing(_) => f64::NAN,
    }
}

impl TestWindow {
    /// Chooses what the search finds first by this name.
    fn choose(&mut self, action: &Action) {
        self.press_with(Modifiers::COMMAND, Key::P);
        self.harness.event(Event::Text(action.text()));
        self.steps(2);
        self.press(Key::Enter);
        if action.is_held() {
            self.press(Key::Enter);
        }
        self.steps(1);
    }

    /// The names of everything.
    fn all_names(&self) -> BTreeSet<String> {
        let all = self.harness.query_all(egui_kittest::kittest::By::new());
        let names = all.filter_map(|node| {
            node.accesskit_node()
                .label()
                .or(node.accesskit_node().value())
        });
        names.collect()
    }
}

impl Effect {
    /// What is wrong, after an action was chosen in a window that was in this state and had these names.
    fn fault(
        &self,
        window: &TestWindow,
        before: &UiState,
        names: &BTreeSet<String>,
    ) -> Option<String> {
        let sent = window.host.take();
        let after = window.harness.state().state();
        let now = window.all_names();
        let had =
            |names: &BTreeSet<String>, part: &str| names.iter().any(|name| name.contains(part));
        let is_kept = match self {
            Self::Sends(command) => sent == [command.clone()],
            Self::Shows(part) => !had(names, part) && had(&now, part),
            Self::Hides(part) => had(names, part) && !had(&now, part),
            Self::Selects(lane) => {
                let lane = Some(lane);
                before.selected.as_ref() != lane && after.selected.as_ref() == lane
            }
            Self::Turns(is_so) => !is_so(before) && is_so(after),
            Self::Raises(value) => value(after) > value(before),
            Self::Lowers(value) => value(after) < value(before),
        };
        if is_kept {
            return None;
        }
        let (new, gone): (Vec<_>, Vec<_>) = (
            now.difference(names).collect(),
            names.difference(&now).collect(),
        );
        Some(format!("sent {sent:?}, appeared {new:?}, gone {gone:?}"))
    }
}

#[test]
fn every_command_is_found_by_its_name_and_does_what_it_says() {
    let mut faults = Vec::new();
    for action in Action::all() {
        if matches!(action, Action::Palette | Action::FindLane | Action::Escape) {
            continue;
        }
        let Some((mut window, effect)) = promise(&action) else {
            panic!("{action:?} is offered and has no promise");
        };
        window.host.take();
        let (before, names) = (window.harness.state().state().clone(), window.all_names());
        window.choose(&action);
        if let Some(fault) = effect.fault(&window, &before, &names) {
            faults.push(format!("{}: {fault}", action.text()));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
