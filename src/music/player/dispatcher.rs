//! The player's thread: takes commands, keeps pending events and sends what is due.
//!
//! Events of the piece wait in a queue, by beat. Shortly before an event is due it moves to its port,
//! and it is sent as soon as the port can take it. The real-time thread or the simulation drives the
//! dispatcher one [`turn`](Dispatcher::turn) at a time. All memory is allocated at the start, and
//! there are no locks.

use std::sync::Arc;

use rtrb::Consumer;

use super::{
    command::{Command, TimedCommand},
    event::{Event, NoteEnd, NoteOn},
    gauges::Gauges,
    note::{KeyPress, When},
    note_starter::{NoteStarter, Started},
    outgoing::Item,
    output::{Origin, Output, Timing},
    playback::Playback,
    port_table::PortTable,
    rings::PlayerRings,
    sweep::Sweep,
};
use crate::music::{Message, Nanos, PortId, Transport, clock::Clock};

/// The player's thread.
pub(super) struct Dispatcher {
    commands: Consumer<TimedCommand>,
    playback: Playback,
    starter: NoteStarter,
    sweep: Option<Sweep>,
}

/// What is to be done next.
enum Step {
    /// The next event of the queue moves to its port.
    Release,
    /// A port sends.
    Send(PortId),
    Sweep(Sweep),
}

impl Dispatcher {
    pub fn new(
        clock: Clock,
        gauges: Arc<Gauges>,
        rings: PlayerRings,
        transport: Transport,
    ) -> Self {
        let output = Output::new(clock, gauges, rings.journal);
        let ports = PortTable::new(rings.returned);
        Self {
            commands: rings.commands,
            playback: Playback::new(output, ports, transport),
            starter: NoteStarter::default(),
            sweep: None,
        }
    }

    /// Does everything that is due. Returns whether there was anything.
    pub fn turn(&mut self) -> bool {
        let mut worked = false;
        while let Ok(command) = self.commands.pop() {
            // First what was due before the command, so that the result does not depend on when the
            // thread gets to it.
            self.send_due(command.at);
            self.handle(command);
            worked = true;
        }
        worked |= self.send_due(self.now());
        if worked {
            self.playback.update_gauges();
        }
        worked
    }

    /// When something will be due, if no command arrives.
    pub fn next_due(&self) -> Option<Nanos> {
        self.next_step().map(|(due, _)| due)
    }

    pub fn has_commands(&self) -> bool {
        !self.commands.is_empty()
    }

    pub fn now(&self) -> Nanos {
        self.playback.output.clock().now()
    }

    /// Releases everything as fast as the ports can take it, and returns the ports.
    pub fn end(mut self) {
        let now = self.now();
        self.sweep = None;
        // Messages that silence a port are still sent: a pedal that stays down would sustain the
        // released notes.
        self.playback
            .discard(|event| event.is_note_off() || event.is_outstanding());
        self.playback.release_notes(now, |_| true);
        for port in self.playback.ports.iter_mut() {
            port.outgoing.clear_upcoming();
            port.clock.stop();
        }
        while let Some(due) = self.next_due() {
            if let Clock::Real(_) = self.playback.output.clock() {
                std::thread::sleep(due.since(self.now()));
            }
            self.send_due(due);
        }
        self.playback.update_gauges();
        self.playback.ports.remove_all();
    }

    /// The next step and its time. Moving events to ports comes before sending, so that all events of
    /// an instant are together before the first of them is sent.
    fn next_step(&self) -> Option<(Nanos, Step)> {
        let Playback {
            schedule, ports, ..
        } = &self.playback;
        let release = schedule
            .next_due()
            .map(|at| (at - ports.ahead(), Step::Release));
        let send = ports.iter().filter_map(|port| {
            let due = port.next_due(schedule.transport())?;
            Some((due, Step::Send(port.id)))
        });
        let sweep = self.sweep.map(|sweep| (sweep.due, Step::Sweep(sweep)));
        let steps = release.into_iter().chain(send).chain(sweep);
        steps.min_by_key(|(at, _)| *at)
    }

    fn send_due(&mut self, until: Nanos) -> bool {
        let mut worked = false;
        while let Some((at, step)) = self.next_step().filter(|(at, _)| *at <= until) {
            self.playback.output.advance(at);
            match step {
                Step::Release => self.playback.release_next(),
                Step::Send(port) => self.send_next(port, at),
                Step::Sweep(sweep) => self.sweep(sweep),
            }
            worked = true;
        }
        self.playback.output.advance(until);
        worked
    }

    fn handle(&mut self, TimedCommand { at, command }: TimedCommand) {
        match command {
            Command::Note(note) => self
                .playback
                .enqueue(note.at, Event::NoteOn(NoteOn::in_time(note))),
            Command::Message(message) => match message.when {
                When::Beat(beat) => self.playback.enqueue(beat, Event::Message(message)),
                When::Now => self.playback.send_now(Event::Message(message), at),
            },
            Command::KeyDown(press) => self.key_down(press, at),
            Command::KeyUp(press) => self.key_up(press, at),
            Command::Light(id, message) => self.playback.light(id, message, at),
            Command::Configure(id, message) => self.playback.configure(id, message, at),
            Command::Transport(transport) => self.playback.change_transport(transport, at),
            Command::Stop(transport) => self.playback.stop(transport, at),
            Command::Locate(transport) => {
                self.playback.discard(|event| !event.is_immediate());
                self.playback.set_transport(transport, at);
            }
            Command::PauseLane(lane, horizon) => self.playback.pause_lane(lane, at, horizon),
            Command::ReleaseLane(lane) => {
                self.playback.discard(|event| event.lane() == Some(lane));
                self.playback.release_notes(at, |note| note.lane == lane);
            }
            Command::Late(policy) => self.starter.set_late_policy(policy),
            Command::Panic => self.playback.panic(at),
            Command::SweepingPanic => {
                self.playback.panic(at);
                self.sweep = Sweep::from(at);
            }
            Command::BindPort(port) => self.playback.bind(port, at),
            Command::PortOptions(id, options) => self.playback.set_options(id, options, at),
            Command::RemovePort(id) => self.playback.remove(id, at),
        }
    }

    /// A port sends the most important message that is due.
    fn send_next(&mut self, id: PortId, at: Nanos) {
        let Some(port) = self.playback.ports.get_mut(id) else {
            return;
        };
        let offset = port.options.offset;
        let is_due = |nominal| offset.applied(nominal) <= at;
        if let Some(event) = port.clock.take(self.playback.schedule.transport(), is_due) {
            let due = event.nominal.map(|nominal| offset.applied(nominal));
            let timing = Timing {
                beat: event.beat,
                nominal: event.nominal.unwrap_or(at),
                due: due.unwrap_or(self.playback.output.reached()),
            };
            let message = Message::Clock(event.message);
            return self
                .playback
                .output
                .send(port, message, Origin::default(), timing);
        }
        let Some(item) = port.outgoing.pop(at, offset) else {
            return;
        };
        let ready = item.due.max(item.entered);
        let is_held_back = port.free() > ready;
        let is_sent = match item.event {
            Event::NoteOff(off) => self.playback.output.end_note(port, off, Timing::of(&item)),
            Event::Message(message) => self.playback.output.message(port, message, &item),
            Event::NoteOn(on) => self.start_note(on, item, at),
        };
        if is_sent && is_held_back {
            let wait = self.playback.output.timestamp(at).since(ready);
            self.playback.output.gauges().held_back(wait);
            if let Some(port) = self.playback.ports.get(id) {
                port.held_back(wait);
            }
        }
    }

    /// Starts a note and plans its end. Returns whether it began.
    fn start_note(&mut self, on: NoteOn, item: Item, at: Nanos) -> bool {
        let Some(port) = self.playback.ports.get_mut(on.note.port) else {
            return false;
        };
        let now = (self.playback.schedule.transport(), at);
        let started = self
            .starter
            .start(on, item, port, &mut self.playback.output, now);
        let Started::Yes(number) = started else {
            return false;
        };
        match on.end {
            NoteEnd::InTime => self.playback.plan_end(on.note, number, at),
            NoteEnd::OnKeyUp => {}
            NoteEnd::AtOnce => self.playback.release_note(on.note, at),
        }
        true
    }

    /// A performer's key goes down: a note-on without an end.
    fn key_down(&mut self, press: KeyPress, at: Nanos) {
        let on = NoteOn {
            note: press.note(self.playback.schedule.at(at).0),
            latest: None,
            end: NoteEnd::OnKeyUp,
        };
        self.playback.send_now(Event::NoteOn(on), at);
    }

    /// A performer's key comes up, at once or as soon as its note-on was sent.
    fn key_up(&mut self, press: KeyPress, at: Nanos) {
        if let Some(port) = self.playback.ports.get_mut(press.port) {
            port.key_up(press);
            let note = press.note(self.playback.schedule.at(at).0);
            self.playback.release_note(note, at);
        }
    }

    /// One step of a sweep: a note-off for one key on every port, unless a note owns it.
    fn sweep(&mut self, sweep: Sweep) {
        let now = self.playback.schedule.at(sweep.due);
        self.playback.ports.push_to_all(sweep.message(), now);
        self.sweep = sweep.next();
    }
}
