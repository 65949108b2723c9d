//! `metadata.fermata`: instruments and event sounds.

use super::{Map, Origin, Reader, suggest};
use crate::{
    music::{Beats, Channel, Kit, Patch, Velocity},
    score::{
        error::Problem,
        event_name::EventName,
        instrument::{Color, EventSound, InjectedFault, Instrument, Mix, Port, Voice},
        source::{Entry, Node, Value},
        values, velocity,
    },
};

impl Reader<'_> {
    /// Reads the instruments; those with errors are left out.
    pub(super) fn instruments(&mut self, node: &Node) {
        let Some(map) = self.any_map(node, "`instruments`") else {
            return;
        };
        self.declares_instruments = !map.entries.is_empty();
        for (index, entry) in map.entries.iter().enumerate() {
            if let Some(instrument) = self.instrument(entry, index) {
                self.instruments.push(instrument);
            }
        }
    }

    fn instrument(&mut self, entry: &Entry, index: usize) -> Option<Instrument> {
        let known = [
            "patch",
            "kit",
            "program",
            "port",
            "channel",
            "color",
            "transpose",
            "velocity",
            "fault",
            "soundfont",
            "volume",
            "pan",
            "reverb",
            "delay",
        ];
        let map = self.map(&entry.node, "an instrument", &known)?;
        let voice = self.voice(map);
        let ports = match map.get("port") {
            Some(node) => self.ports(node),
            None => Some(vec![Port::Synth]),
        };
        let channel = match map.get("channel") {
            Some(node) => self
                .integer(node, 1..=16, "a channel from 1 to 16")
                .and_then(Channel::from_number),
            None => Some(self.free_channel(voice.as_ref())),
        };
        let color = match map.get("color") {
            Some(node) => {
                const EXPECTED: &str = "a color: sky, yellow, green, pink, orange, blue, \
                                        vermilion, violet or \"#rrggbb\"";
                self.parsed(node, EXPECTED, Color::from_text)
            }
            None => Some(Color::nth(index)),
        };
        let transpose = match map.get("transpose") {
            Some(node) => self.integer(node, -96..=96, "semitones from -96 to 96"),
            None => Some(0),
        };
        let velocity = match map.get("velocity") {
            Some(node) => self.velocity(node),
            None => Some(Velocity::default()),
        };
        let fault = match map.get("fault") {
            Some(node) => Some(self.fault(node)?),
            None => None,
        };
        let font = match map.get("soundfont") {
            Some(node) => Some(self.font(map, node)?),
            None => None,
        };
        let mix = self.mix(map);
        Some(Instrument {
            name: entry.key.clone(),
            voice: voice?,
            font,
            mix: mix?,
            ports: ports?,
            channel: channel?,
            has_own_channel: map.get("channel").is_some(),
            color: color?,
            transpose: transpose?,
            velocity: velocity?,
            fault,
        })
    }

    fn voice(&mut self, map: Map<'_>) -> Option<Voice> {
        let named: Vec<&Entry> = ["patch", "kit", "program"]
            .into_iter()
            .filter_map(|key| map.entry(key))
            .collect();
        let entry = match named[..] {
            [entry] => entry,
            [] => {
                let message = "an instrument needs `patch`, `kit` or `program`";
                return self.report(map.node.place, message.into());
            }
            [_, second, ..] => {
                let message = "an instrument takes only one of `patch`, `kit` and `program`";
                return self.report(second.place, message.into());
            }
        };
        let node = &entry.node;
        match entry.key.as_str() {
            "patch" => {
                let name = self.string(node, "the name of a patch")?;
                if self.has_patch(node, name)? {
                    return Some(Voice::Patch(name.to_owned()));
                }
                let names = match self.origin {
                    Origin::Folder(_, bank) => bank.patch_names(),
                    _ => Patch::ALL.map(|patch| patch.name().to_owned()).into(),
                };
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let problem = Problem::UnknownName {
                    kind: "patch",
                    name: name.to_owned(),
                    scope: "in the built-in synth",
                    suggestion: suggest(name, &names),
                };
                self.report(node.place, problem)
            }
            "kit" => self.parsed(node, "a drum kit: `studio` or `electronic`", |text| {
                Kit::from_name(text).map(Voice::Kit)
            }),
            _ => self
                .integer(node, 0..=127, "a program from 0 to 127")
                .map(Voice::Program),
        }
    }

    /// Whether there is a patch with this name: a built-in one, one of the bank, or a file in the score's
    /// folder.
    fn has_patch(&mut self, node: &Node, name: &str) -> Option<bool> {
        if Patch::from_name(name).is_some() {
            return Some(true);
        }
        match self.origin {
            Origin::Text => Some(false),
            Origin::History => Some(true),
            Origin::Folder(_, bank) if bank.select_patch(name).is_some() => Some(true),
            Origin::Folder(folder, bank) => {
                // Only a plain name, so that it stays inside the folder.
                let plain = !name.contains(['/', '\\', '.']);
                let path = folder.join("patches").join(format!("{name}.toml"));
                if !plain || !path.exists() {
                    return Some(false);
                }
                match bank.read_file(&path) {
                    Ok(()) => Some(true),
                    Err(error) => self.report(node.place, error.to_string().into()),
                }
            }
        }
    }

    /// The SoundFont of a program.
    fn font(&mut self, map: Map<'_>, node: &Node) -> Option<String> {
        if map.get("program").is_none() {
            let message = "`soundfont` needs `program`, which selects one of its sounds";
            return self.report(node.place, message.into());
        }
        let name = self.string(node, "the name of a SoundFont file")?;
        if let Origin::Folder(folder, bank) = self.origin {
            match bank.read_font(name, &folder.join(name)) {
                Err(error) => return self.report(node.place, error.to_string().into()),
                Ok(font) => {
                    if let Some(warning) = bank.font_warning(font) {
                        self.warn(node.place, warning.to_string());
                    }
                }
            }
        }
        Some(name.to_owned())
    }

    fn mix(&mut self, map: Map<'_>) -> Option<Mix> {
        let mut share = |key: &str, low: f64, expected: &'static str| match map.get(key) {
            None => Some(None),
            Some(node) => {
                let value = self.number(node, low..=1.0, expected)?;
                // Onto the range of the controller; the center of pan is 64.
                let control = match low < 0.0 {
                    true => 64.0 + value * if value < 0.0 { 64.0 } else { 63.0 },
                    false => value * 127.0,
                };
                Some(Some(control.round() as u8))
            }
        };
        let volume = share("volume", 0.0, "a volume from 0 to 1");
        let pan = share("pan", -1.0, "a pan from -1 (left) to 1 (right)");
        let reverb = share("reverb", 0.0, "a level from 0 to 1");
        let delay = share("delay", 0.0, "a level from 0 to 1");
        Some(Mix {
            volume: volume?,
            pan: pan?,
            reverb: reverb?,
            delay: delay?,
        })
    }

    /// The drum channel for a kit, otherwise the first free channel.
    fn free_channel(&self, voice: Option<&Voice>) -> Channel {
        if matches!(voice, Some(Voice::Kit(_))) {
            return Channel::DRUMS;
        }
        let taken = |channel: &Channel| {
            *channel == Channel::DRUMS || self.instruments.iter().any(|i| i.channel == *channel)
        };
        let shared = Channel::all().next().unwrap_or(Channel::DRUMS);
        Channel::all()
            .find(|channel| !taken(channel))
            .unwrap_or(shared)
    }

    fn ports(&mut self, node: &Node) -> Option<Vec<Port>> {
        const EXPECTED: &str = "the name of a port, or a list of names";
        let nodes = match &node.value {
            Value::List(nodes) if nodes.is_empty() => return self.invalid(node, EXPECTED),
            Value::List(nodes) => nodes.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let port = |text: &str| match text.trim() {
            "" => None,
            "synth" => Some(Port::Synth),
            name => Some(Port::Named(name.to_owned())),
        };
        nodes
            .iter()
            .map(|n| self.parsed(n, EXPECTED, port))
            .collect()
    }

    fn fault(&mut self, node: &Node) -> Option<InjectedFault> {
        let map = self.map(node, "`fault`", &["rate", "fail", "unplug", "bar"])?;
        if let Some(rate) = map.get("rate") {
            if map.entries.len() > 1 {
                let message = "`fault` takes either `rate`, or `fail` or `unplug` with `bar`";
                return self.report(node.place, message.into());
            }
            let rate = self.number(rate, 0.0..=1.0, "a rate from 0 to 1")?;
            return Some(InjectedFault::Rate(rate));
        }
        let unplugged = map.get("unplug");
        if let (Some(_), Some(entry)) = (unplugged, map.entry("fail")) {
            let message = "`fault` takes either `fail` or `unplug`, not both";
            return self.report(entry.place, message.into());
        }
        let attempts = match unplugged {
            Some(attempts) => attempts,
            None => self.require(map, "fail")?,
        };
        let attempts = self.integer(attempts, 1..=1000, "a number of attempts from 1 to 1000")?;
        let bar = match map.get("bar") {
            Some(bar) => self.integer(bar, 1..=100_000, "the number of a bar, from 1")?,
            None => 1,
        };
        Some(match unplugged {
            Some(_) => InjectedFault::Unplugged { attempts, bar },
            None => InjectedFault::First { attempts, bar },
        })
    }

    pub(super) fn velocity(&mut self, node: &Node) -> Option<Velocity> {
        self.warn_of_full_share(node);
        match velocity::of_value(&node.to_json()) {
            Ok(velocity) => Some(velocity),
            Err(error) => self.wrong_value(node, error),
        }
    }

    /// `sounds`. The instruments must have been read.
    pub(super) fn sounds(&mut self, node: &Node) -> Option<Vec<EventSound>> {
        let items = self.list(node, "a list of sounds")?;
        items.iter().map(|item| self.sound(item)).collect()
    }

    fn sound(&mut self, node: &Node) -> Option<EventSound> {
        let map = self.map(node, "a sound", &["on", "play", "grid"])?;
        let on = self.require(map, "on")?;
        let on = self.event_name(on);
        let played = self.require(map, "play")?;
        let known = ["instrument", "note", "velocity", "length"];
        let played = self.map(played, "`play`", &known)?;
        let instrument = self.require(played, "instrument")?;
        let instrument = self.instrument_named(instrument)?;
        let note = self.require(played, "note")?;
        let keys = match values::keys(&note.to_json(), &instrument) {
            Ok(keys) => Some(keys),
            Err(error) => self.wrong_value(note, error),
        };
        let velocity = match played.get("velocity") {
            Some(node) => self.velocity(node),
            None => Some(instrument.velocity),
        };
        let grid = match map.get("grid") {
            Some(node) => self.beats(node),
            None => Some(Beats::new(1, 4)),
        };
        let length = match played.get("length") {
            Some(node) => self.beats(node),
            None => Some(Beats::new(1, 2)),
        };
        Some(EventSound {
            on: on?,
            instrument: instrument.name,
            keys: keys?,
            velocity: velocity?,
            grid: grid?,
            length: length?,
        })
    }

    pub(super) fn event_name(&mut self, node: &Node) -> Option<EventName> {
        let name = self.string(node, "the name of a history event")?;
        let found = EventName::ALL.iter().find(|event| event.name() == name);
        found.copied().or_else(|| {
            let names: Vec<&str> = EventName::ALL.iter().map(|event| event.name()).collect();
            let problem = Problem::UnknownName {
                kind: "history event",
                name: name.to_owned(),
                scope: "exists",
                suggestion: suggest(name, &names),
            };
            self.report(node.place, problem)
        })
    }

    pub(super) fn beats(&mut self, node: &Node) -> Option<Beats> {
        match values::beats(&node.to_json()) {
            Ok(beats) => Some(beats),
            Err(error) => self.wrong_value(node, error),
        }
    }
}
