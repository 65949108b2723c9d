//! The player's thread: takes commands, keeps pending events and sends what is due.
//!
//! Events of the piece wait in a queue, by beat. Shortly before an event is due it moves to its port,
//! and it is sent as soon as the port can take it. The real-time thread or the simulation drives the
//! dispatcher one [`turn`](Dispatcher::turn) at a time. All memory is allocated at the start, and
//! there are no locks.

use std::{sync::Arc, time::Duration};

use rtrb::Consumer;

use super::{
    command::{Command, TimedCommand},
    event::{Event, NoteEnd, NoteOff, NoteOn},
    gauges::Gauges,
    note::{KeyPress, Note, When},
    note_starter::{NoteStarter, Started},
    options::PortOptions,
    outgoing::Item,
    output::{Origin, Output, Timing},
    port::Port,
    port_table::PortTable,
    rings::{JournalEntry, PlayerRings},
    schedule::{self, Schedule},
    sweep::Sweep,
};
use crate::music::{
    Beat, Channel, LaneId, Message, Nanos, PortId, Transport, clock::Clock, ledger::Sounding,
};

pub(super) struct Dispatcher {
    commands: Consumer<TimedCommand>,
    schedule: Schedule,
    ports: PortTable,
    output: Output,
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
        let mut output = Output::new(clock, gauges, rings.journal);
        output.record(JournalEntry::Transport(transport, Nanos::ZERO));
        Self {
            commands: rings.commands,
            schedule: Schedule::new(transport),
            ports: PortTable::new(rings.returned),
            output,
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
            self.output.update_gauges(self.ports.iter());
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
        self.output.clock().now()
    }

    /// Releases everything as fast as the ports can take it, and returns the ports.
    pub fn end(mut self) {
        let now = self.now();
        self.sweep = None;
        // Messages that silence a port are still sent: a pedal that stays down would sustain the
        // released notes.
        self.discard(|event| event.is_note_off() || event.is_outstanding());
        self.release_notes(now, |_| true);
        for port in self.ports.iter_mut() {
            port.outgoing.clear_upcoming();
            port.clock.stop();
        }
        while let Some(due) = self.next_due() {
            if let Clock::Real(_) = self.output.clock() {
                std::thread::sleep(due.since(self.now()));
            }
            self.send_due(due);
        }
        self.output.update_gauges(self.ports.iter());
        self.ports.remove_all();
    }

    /// The next step and its time. Moving events to ports comes before sending, so that all events of
    /// an instant are together before the first of them is sent.
    fn next_step(&self) -> Option<(Nanos, Step)> {
        let release = self
            .schedule
            .next_due()
            .map(|at| (at - self.ports.ahead(), Step::Release));
        let send = self.ports.iter().filter_map(|port| {
            let due = port.next_due(self.schedule.transport())?;
            Some((due, Step::Send(port.id)))
        });
        let sweep = self.sweep.map(|sweep| (sweep.due, Step::Sweep(sweep)));
        let steps = release.into_iter().chain(send).chain(sweep);
        steps.min_by_key(|(at, _)| *at)
    }

    fn send_due(&mut self, until: Nanos) -> bool {
        let mut worked = false;
        while let Some((at, step)) = self.next_step().filter(|(at, _)| *at <= until) {
            self.output.advance(at);
            match step {
                Step::Release => self.release_next(),
                Step::Send(port) => self.send_next(port, at),
                Step::Sweep(sweep) => self.sweep(sweep),
            }
            worked = true;
        }
        self.output.advance(until);
        worked
    }

    fn handle(&mut self, TimedCommand { at, command }: TimedCommand) {
        match command {
            Command::Note(note) => self.enqueue(note.at, Event::NoteOn(NoteOn::in_time(note))),
            Command::Message(message) => match message.when {
                When::Beat(beat) => self.enqueue(beat, Event::Message(message)),
                When::Now => self.send_now(Event::Message(message), at),
            },
            Command::KeyDown(press) => self.key_down(press, at),
            Command::KeyUp(press) => self.key_up(press, at),
            Command::Light(id, message) => {
                if let Some(port) = self.ports.get_mut(id) {
                    self.output.light(port, message, self.schedule.at(at));
                }
            }
            Command::Configure(id, message) => {
                if let Some(port) = self.ports.get_mut(id) {
                    port.push_own(message, self.schedule.at(at));
                }
            }
            Command::Transport(transport) => self.change_transport(transport, at),
            Command::Stop(transport) => self.stop(transport, at),
            Command::Locate(transport) => {
                self.discard(|event| !event.is_immediate());
                self.set_transport(transport, at);
            }
            Command::PauseLane(lane, horizon) => self.pause_lane(lane, at, horizon),
            Command::ReleaseLane(lane) => {
                self.discard(|event| event.lane() == Some(lane));
                self.release_notes(at, |note| note.lane == lane);
            }
            Command::Late(policy) => self.starter.set_late_policy(policy),
            Command::Panic => self.panic(at),
            Command::SweepingPanic => {
                self.panic(at);
                self.sweep = Sweep::from(at);
            }
            Command::BindPort(port) => self.bind(port, at),
            Command::PortOptions(id, options) => self.set_options(id, options, at),
            Command::RemovePort(id) => {
                self.discard(|event| event.port() == id);
                if let Some(port) = self.ports.get_mut(id) {
                    self.output.close(port, self.schedule.transport(), at);
                }
                self.ports.remove(id);
            }
        }
    }

    /// Adds an event with a position in the piece.
    fn enqueue(&mut self, beat: Beat, event: Event) {
        if !self.schedule.push(beat, event, &self.ports) {
            self.output.lose(&event);
        }
    }

    /// The next event of the queue moves to its port.
    fn release_next(&mut self) {
        if let Some((beat, event, nominal)) = self.schedule.pop() {
            let nominal = nominal.unwrap_or(self.output.reached());
            self.move_to_port(beat, event, nominal);
        }
    }

    /// Moves an event to its port, which sends it when it is due there.
    fn move_to_port(&mut self, beat: Beat, event: Event, nominal: Nanos) {
        let entered = self.output.reached();
        let Some(port) = self.ports.get_mut(event.port()) else {
            return self.output.lose(&event);
        };
        match event {
            Event::NoteOff(off) if !port.is_owner(&off) => {}
            _ if port.outgoing.push(beat, event, nominal, entered) => {}
            // A key must be released even if there is no room.
            Event::NoteOff(off) => {
                self.output.end_note(port, off, Timing::at(beat, entered));
            }
            event => self.output.lose(&event),
        }
    }

    /// Moves an event to its port, to be sent as soon as possible.
    fn send_now(&mut self, event: Event, at: Nanos) {
        let (beat, _) = self.schedule.at(at);
        let port = self.ports.get(event.port());
        // A port with an offset to earlier gets it at once too: there is no sooner.
        let ahead = port.map(|port| port.options.offset.ahead());
        self.move_to_port(beat, event, at + ahead.unwrap_or_default());
    }

    /// A port sends the most important message that is due.
    fn send_next(&mut self, id: PortId, at: Nanos) {
        let Some(port) = self.ports.get_mut(id) else {
            return;
        };
        let offset = port.options.offset;
        let is_due = |nominal| offset.applied(nominal) <= at;
        if let Some(event) = port.clock.take(self.schedule.transport(), is_due) {
            let due = event.nominal.map(|nominal| offset.applied(nominal));
            let timing = Timing {
                beat: event.beat,
                nominal: event.nominal.unwrap_or(at),
                due: due.unwrap_or(self.output.reached()),
            };
            let message = Message::Clock(event.message);
            return self.output.send(port, message, Origin::default(), timing);
        }
        let Some(item) = port.outgoing.pop(at, offset) else {
            return;
        };
        let ready = item.due.max(item.entered);
        let is_held_back = port.free() > ready;
        let is_sent = match item.event {
            Event::NoteOff(off) => self.output.end_note(port, off, Timing::of(&item)),
            Event::Message(message) => self.output.message(port, message, &item),
            Event::NoteOn(on) => self.start_note(on, item, at),
        };
        if is_sent && is_held_back {
            let wait = self.output.timestamp(at).since(ready);
            self.output.gauges().held_back(wait);
            if let Some(port) = self.ports.get(id) {
                port.held_back(wait);
            }
        }
    }

    /// Starts a note and plans its end. Returns whether it began.
    fn start_note(&mut self, on: NoteOn, item: Item, at: Nanos) -> bool {
        let Some(port) = self.ports.get_mut(on.note.port) else {
            return false;
        };
        let now = (self.schedule.transport(), at);
        let started = self.starter.start(on, item, port, &mut self.output, now);
        let Started::Yes(number) = started else {
            return false;
        };
        match on.end {
            NoteEnd::InTime => self.plan_end(on.note, number, at),
            NoteEnd::OnKeyUp => {}
            NoteEnd::AtOnce => self.release_note(on.note, at),
        }
        true
    }

    /// Enqueues the note-off of a note that began at `at`.
    fn plan_end(&mut self, note: Note, number: u64, at: Nanos) {
        let now = self.output.timestamp(at);
        let port = self.ports.get(note.port);
        let now = port.map_or(now, |port| port.options.offset.undone(now));
        let (now, _) = self.schedule.at(now);
        let (beat, off) = NoteOff::of(note, number, now);
        self.enqueue(beat, Event::NoteOff(off));
    }

    /// A performer's key goes down: a note-on without an end.
    fn key_down(&mut self, press: KeyPress, at: Nanos) {
        let on = NoteOn {
            note: press.note(self.schedule.at(at).0),
            latest: None,
            end: NoteEnd::OnKeyUp,
        };
        self.send_now(Event::NoteOn(on), at);
    }

    /// A performer's key comes up, at once or as soon as its note-on was sent.
    fn key_up(&mut self, press: KeyPress, at: Nanos) {
        if let Some(port) = self.ports.get_mut(press.port) {
            port.key_up(press);
            let note = press.note(self.schedule.at(at).0);
            self.release_note(note, at);
        }
    }

    /// Releases the key of a note, if its lane still owns it.
    fn release_note(&mut self, note: Note, at: Nanos) {
        let Some(port) = self.ports.get_mut(note.port) else {
            return;
        };
        let owner = port.keys.owner(note.channel, note.key);
        if let Some(sounding) = owner.filter(|own| own.lane == note.lane && !own.ending) {
            let key = (note.channel, note.key);
            let now = self.schedule.at(at);
            self.output.release_key(port, key, sounding, now);
        }
    }

    /// Releases the sounding notes that `which` selects, on all ports.
    fn release_notes(&mut self, at: Nanos, which: impl Fn(&Sounding) -> bool) {
        let now = self.schedule.at(at);
        for port in self.ports.iter_mut() {
            self.output.release_keys(port, now, &which);
        }
    }

    /// Drops pending events that `which` selects. Note-offs at the ports remain: keys wait for them.
    fn discard(&mut self, which: impl Fn(&Event) -> bool) {
        let gauges = self.output.gauges();
        let is_dropped = |event: &Event| {
            let is_dropped = which(event);
            if is_dropped && event.is_outstanding() {
                gauges.finished();
            }
            is_dropped
        };
        self.schedule.retain(|event| !is_dropped(event));
        for port in self.ports.iter_mut() {
            let outgoing = &mut port.outgoing;
            outgoing.retain_mut(|_, event| event.is_note_off() || !is_dropped(event));
        }
    }

    /// What begins within the horizon still begins; the notes of the lane end with it.
    fn pause_lane(&mut self, lane: LaneId, at: Nanos, horizon: Duration) {
        if !self.schedule.transport().is_rolling() {
            return self.discard(|event| event.lane() == Some(lane));
        }
        let (end, _) = self.schedule.at(at + horizon);
        let dropped = || self.output.gauges().finished();
        self.schedule.cut(lane, end, dropped);
        for port in self.ports.iter_mut() {
            port.outgoing
                .retain_mut(|mut beat, event| schedule::cut(event, &mut beat, lane, end, dropped));
        }
    }

    fn panic(&mut self, at: Nanos) {
        self.discard(|_| true);
        self.release_notes(at, |_| true);
        for channel in Channel::all() {
            for control in [
                Message::SUSTAIN,
                Message::ALL_SOUND_OFF,
                Message::ALL_NOTES_OFF,
            ] {
                let message = Message::Control(channel, control, 0);
                self.ports.push_to_all(message, self.schedule.at(at));
            }
        }
    }

    /// One step of a sweep: a note-off for one key on every port, unless a note owns it.
    fn sweep(&mut self, sweep: Sweep) {
        let now = self.schedule.at(sweep.due);
        self.ports.push_to_all(sweep.message(), now);
        self.sweep = sweep.next();
    }

    fn set_transport(&mut self, transport: Transport, at: Nanos) {
        self.schedule.set_transport(transport);
        let entry = JournalEntry::Transport(transport, at);
        self.output.record(entry);
    }

    fn change_transport(&mut self, transport: Transport, at: Nanos) {
        let before = *self.schedule.transport();
        for port in self.ports.iter_mut() {
            if before.is_rolling() {
                port.follow(&transport, at);
            } else if transport.is_rolling() {
                port.start_clock(before.position(at));
            }
        }
        self.set_transport(transport, at);
    }

    /// Stops: events at the ports that have not begun wait for their beat again.
    fn stop(&mut self, transport: Transport, at: Nanos) {
        self.schedule.retain(|event| !event.is_note_off());
        let schedule = &mut self.schedule;
        for port in self.ports.iter_mut() {
            port.outgoing.retain_mut(|beat, event| {
                event.is_note_off() || event.is_immediate() || !schedule.put_back(beat, *event)
            });
            port.clock.stop();
        }
        self.release_notes(at, |_| true);
        self.set_transport(transport, at);
    }

    /// Adds a port. If it exists, only its sink is replaced, and pending events go to the new one.
    fn bind(&mut self, mut port: Box<Port>, at: Nanos) {
        if let Some(old) = self.ports.get_mut(port.id) {
            self.output.close(old, self.schedule.transport(), at);
            port.replace(old);
        }
        port.start_clock_if_rolling(self.schedule.transport(), at);
        self.ports.insert(port);
    }

    fn set_options(&mut self, id: PortId, options: PortOptions, at: Nanos) {
        let changed = self.ports.set_options(id, options);
        if let Some((port, before)) = changed
            && before.clock != options.clock
        {
            port.clock.stop();
            port.start_clock_if_rolling(self.schedule.transport(), at);
        }
    }
}
