//! The panels of schedules and of faults, by keys and by name; and deleting what has ended.

use std::{sync::Arc, time::Duration};

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use fermata::{
    conductor::{FaultChange, FaultTarget, Mixer},
    engine::{
        InstanceId, Overlap, Payload, Schedule, ScheduleDescription, ScheduleName, Status, Times,
        Timestamp,
    },
    view::{
        Command, CommandEnd, EngineCommand, FoundHistories, HistoryCard, HistoryCommand,
        HistoryQuery, MetersView, MoreHistories, Overlay, PlayerCommand, PortView, ScheduleCard,
        ScheduleList, UiState,
    },
};

use super::{
    TestWindow,
    concert::{NOW, at, concert},
};

fn name(text: &str) -> ScheduleName {
    ScheduleName::new(text).unwrap()
}

/// Due in ten seconds.
fn card(text: &str, overlap: Overlap) -> ScheduleCard {
    let every = Times::every(Duration::from_secs(20)).unwrap();
    let schedule = Schedule {
        next: at(NOW) + Duration::from_secs(10),
        overlap,
        ..Schedule::new(every, "tidy", Payload::null())
    };
    ScheduleCard::from(&ScheduleDescription {
        name: name(text),
        schedule,
        upcoming: Vec::new(),
    })
}

/// Two schedules; the second is paused.
pub fn two_schedules() -> Vec<ScheduleCard> {
    let paused = ScheduleCard {
        paused: true,
        ..card("nightly", Overlap::Allow)
    };
    vec![card("hourly", Overlap::Skip), paused]
}

/// A window with them in their panel.
fn with_schedules() -> TestWindow {
    let mut projector = concert();
    projector.schedules(two_schedules());
    let mut window = TestWindow::open(&projector);
    window.press_with(Modifiers::SHIFT, Key::H);
    let listed = Command::ListSchedules(ScheduleList::Open);
    assert_eq!(window.host.take(), [listed]);
    window
}

#[test]
fn schedules_are_listed_and_paused_resumed_and_started_by_keys() {
    let mut window = with_schedules();
    window
        .harness
        .get_by_label("hourly, every 20 s, next in 10 s, skips while one is open");
    window
        .harness
        .get_by_label("nightly, every 20 s, paused, starts beside open ones");
    window.press(Key::Space);
    window.press(Key::Enter);
    window.press(Key::ArrowDown);
    window.press(Key::Space);
    let sent = [
        EngineCommand::PauseSchedule(name("hourly")),
        EngineCommand::TriggerSchedule(name("hourly")),
        EngineCommand::ResumeSchedule(name("nightly")),
    ];
    assert_eq!(window.host.take(), sent.map(Command::from));
    window
        .harness
        .get_by_label("Space · resuming the schedule nightly…");
    // No lane was paused behind the panel.
    window.press(Key::Escape);
    assert_eq!(window.harness.state().state().overlay, Overlay::None);
    let closed = Command::ListSchedules(ScheduleList::Closed);
    assert_eq!(window.host.take(), [closed]);
}

#[test]
fn schedules_are_controlled_by_their_buttons() {
    let mut window = with_schedules();
    for (button, command) in [
        (
            "Start nightly now",
            EngineCommand::TriggerSchedule(name("nightly")),
        ),
        (
            "Resume the schedule nightly",
            EngineCommand::ResumeSchedule(name("nightly")),
        ),
        (
            "Pause the schedule hourly",
            EngineCommand::PauseSchedule(name("hourly")),
        ),
    ] {
        window.harness.get_by_label(button).click();
        window.steps(3);
        assert_eq!(window.host.take(), [command.into()], "{button}");
    }
}

#[test]
fn faults_are_set_by_keys_and_buttons_and_one_key_ends_all() {
    let mut window = TestWindow::open(&concert());
    window.press(Key::U);
    window
        .harness
        .get_by_label("first, instrument: as in the score");
    let fault =
        |target, rate| Command::from(PlayerCommand::ChangeFault(target, FaultChange::rate(rate)));
    let faults = |rate| fault(FaultTarget::Instrument("first".into()), rate);
    window.press(Key::ArrowRight);
    window.press(Key::Num3);
    window.press(Key::ArrowDown);
    window.press(Key::Num9);
    window.press(Key::Num0);
    let activity = fault(FaultTarget::Activity("play".into()), 0.9);
    let ended = Command::from(PlayerCommand::EndFaults);
    let sent = [faults(0.05), faults(0.3), activity, ended.clone()];
    assert_eq!(window.host.take(), sent);
    window.harness.get_by_label("0 · faults · all ended");
    window.harness.get_by_label("More faults of first").click();
    window.steps(3);
    window.harness.get_by_label("End all faults").click();
    window.steps(3);
    assert_eq!(window.host.take(), [faults(0.05), ended]);
    let change = |change| {
        let first = FaultTarget::Instrument("first".into());
        Command::from(PlayerCommand::ChangeFault(first, change))
    };
    let later = change(FaultChange {
        latency: Some(Duration::from_millis(50)),
        ..FaultChange::default()
    });
    let outage = change(FaultChange {
        outage: Some(true),
        ..FaultChange::default()
    });
    let next = change(FaultChange {
        fail_next: Some(1),
        ..FaultChange::default()
    });
    window.press(Key::ArrowUp);
    for key in [Key::Period, Key::O, Key::N] {
        window.press(key);
    }
    let sent = [later, outage, next];
    assert_eq!(window.host.take(), sent);
    for button in [
        "first 50 ms later",
        "Outage of first",
        "Fail the next of first",
    ] {
        window.harness.get_by_label(button).click();
        window.steps(3);
    }
    assert_eq!(window.host.take(), sent);
    assert_eq!(window.selected(), "", "digits selected no lane");
}

#[test]
fn a_port_is_unplugged_and_a_broken_lane_fixed_in_the_panel_of_faults() {
    let mut projector = concert();
    let lane = FaultTarget::Lane(InstanceId::new("stubborn-drummer-7").unwrap());
    let port = FaultTarget::Port("Volca Keys".into());
    let outage = |on| FaultChange {
        outage: Some(on),
        ..FaultChange::default()
    };
    let mut mixer = Mixer::default();
    mixer.change_fault(&lane, outage(true));
    projector.mixer(mixer);
    projector.meters(MetersView {
        ports: vec![PortView {
            name: "Volca Keys".into(),
            ok: true,
            waiting: 0,
        }],
        ..MetersView::default()
    });
    let mut window = TestWindow::open(&projector);
    window.press(Key::U);
    window
        .harness
        .get_by_label("stubborn-drummer-7, code: broken");
    window.harness.get_by_label("Volca Keys, port: no fault");
    let mut sent = Vec::new();
    for (button, target, on) in [
        ("Unplug Volca Keys", port, true),
        ("Fix the code of stubborn-drummer-7", lane, false),
    ] {
        window.harness.get_by_label(button).click();
        window.steps(3);
        sent.push(PlayerCommand::ChangeFault(target, outage(on)).into());
    }
    assert_eq!(window.host.take(), sent);
    let graded = ["More faults of Volca Keys", "Fail the next of Volca Keys"];
    for button in graded {
        assert!(window.harness.query_by_label(button).is_none(), "{button}");
    }
}

fn found(statuses: &[Status], more: MoreHistories, problem: Option<&str>) -> FoundHistories {
    let cards = statuses.iter().enumerate().map(|(n, status)| HistoryCard {
        id: InstanceId::new(format!("run-{n}")).unwrap(),
        workflow: "tidy".to_owned(),
        run: 1,
        status: *status,
        started_at: Timestamp(at(0.0).0),
        closed_at: None,
        tags: Vec::new(),
    });
    FoundHistories {
        cards: cards.collect(),
        more,
        query: HistoryQuery {
            problem: problem.map(str::to_owned),
            ..HistoryQuery::default()
        },
    }
}

/// Ctrl+Delete goes down and stays down.
fn hold_delete(window: &mut TestWindow) {
    let control = egui::Event::ModifiersChanged(Modifiers::COMMAND);
    window.harness.event(control);
    window.harness.event(egui::Event::Key {
        key: Key::Delete,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: Modifiers::COMMAND,
    });
    window.steps(1);
}

#[test]
fn what_has_ended_is_deleted_by_search_if_the_button_or_its_keys_are_held() {
    let mut projector = concert();
    let mut window = TestWindow::open(&projector);
    window.press(Key::H);
    window.harness.event(egui::Event::Text("tidy".to_owned()));
    window.steps(2);
    window.host.take();
    let statuses = [Status::Completed, Status::Running, Status::Failed];
    projector.found_histories(found(&statuses, MoreHistories::None, None));
    *window.host.snapshot.lock().unwrap() = projector.snapshot();
    window.steps(2);
    let button = "Delete 2 ended… (hold, or hold Ctrl+Delete)";
    window.harness.get_by_label(button);
    window.press_with(Modifiers::COMMAND, Key::Delete);
    assert_eq!(window.host.take(), [], "the keys were only touched");
    hold_delete(&mut window);
    window.host.pass(UiState::HOLD + Duration::from_millis(1));
    window.steps(1);
    let purge = EngineCommand::PurgeEnded(Arc::from("tidy"));
    assert_eq!(window.host.take(), [Command::from(purge.clone())]);
    window.harness.get_by_label("Deleting…");
    let done = CommandEnd::DoneAs("2 ended runs were deleted".into());
    projector.outcome(purge, done);
    *window.host.snapshot.lock().unwrap() = projector.snapshot();
    window.steps(2);
    window.harness.get_by_label("2 ended runs were deleted");
}

#[test]
fn nothing_is_deleted_by_a_search_that_was_not_understood_or_is_not_over() {
    let closed = [Status::Completed];
    for (more, problem) in [
        (MoreHistories::None, Some("“soon” is not an age.")),
        (MoreHistories::Searching, None),
    ] {
        let mut projector = concert();
        projector.found_histories(found(&closed, more, problem));
        let mut window = TestWindow::open(&projector);
        window.press(Key::H);
        window.host.take();
        assert!(window.harness.query_by_label_contains("ended…").is_none());
        hold_delete(&mut window);
        window.host.pass(UiState::HOLD * 2);
        window.steps(2);
        assert_eq!(window.host.take(), []);
    }
}

#[test]
fn the_palette_leads_to_deleting_by_search() {
    let mut window = TestWindow::open(&concert());
    window.press_with(Modifiers::COMMAND, Key::P);
    window
        .harness
        .event(egui::Event::Text("delete ended".to_owned()));
    window.steps(2);
    window.press(Key::Enter);
    let find = HistoryCommand::Find("status:closed ".to_owned());
    assert_eq!(window.host.take(), [Command::from(find)]);
}
