//! Options of ports.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Deserializer, de::Error};

use crate::{
    conductor::BUILT_IN,
    music::{Channel, ClockOut, NAME, Offset, Pace, PortOptions, port_matches},
};

/// The largest offset.
const MAX_OFFSET: Duration = Duration::from_secs(1);

/// Options of the ports with a name.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(from = "PortTable")]
pub struct PortRig {
    /// Part of the port's name, in any letter case.
    pub name: String,
    /// Offset, clock and pace.
    pub options: PortOptions,
    /// Channels of scores, and the device's channels that they map to.
    pub channels: BTreeMap<Channel, Channel>,
}

impl PortRig {
    /// Whether it applies to a port. The built-in port has two names: the one in scores, which matches
    /// no other port, and the one that other programs see.
    pub fn matches(&self, port: &str) -> bool {
        match (self.name == BUILT_IN, port == BUILT_IN) {
            (is_built_in, true) => is_built_in || port_matches(NAME, &self.name),
            (true, false) => false,
            (false, false) => port_matches(port, &self.name),
        }
    }

    /// The device's channel for a channel of a score.
    pub fn channel(&self, channel: Channel) -> Channel {
        self.channels.get(&channel).copied().unwrap_or(channel)
    }

    /// Whether the device gets MIDI clock, even if no instrument plays on it.
    pub fn wants_clock(&self) -> bool {
        self.options.clock == ClockOut::On
    }
}

/// A `[[port]]` table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PortTable {
    #[serde(deserialize_with = "name")]
    name: String,
    #[serde(default, deserialize_with = "offset")]
    offset: Offset,
    #[serde(default)]
    clock: bool,
    #[serde(default)]
    pace: PaceValue,
    #[serde(default, deserialize_with = "channels")]
    channels: BTreeMap<Channel, Channel>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PaceValue {
    #[default]
    Sequencer,
    Din,
    Unlimited,
}

impl From<PortTable> for PortRig {
    fn from(table: PortTable) -> Self {
        Self {
            name: table.name,
            options: PortOptions {
                offset: table.offset,
                clock: match table.clock {
                    true => ClockOut::On,
                    false => ClockOut::Off,
                },
                pace: match table.pace {
                    PaceValue::Sequencer => Pace::Sequencer,
                    PaceValue::Din => Pace::Din,
                    PaceValue::Unlimited => Pace::Unlimited,
                },
            },
            channels: table.channels,
        }
    }
}

fn name<'de, D: Deserializer<'de>>(source: D) -> Result<String, D::Error> {
    let name = String::deserialize(source)?;
    match name.trim() {
        "" => Err(D::Error::custom(
            "a port needs a name: use part of a name that `fermata ports` lists",
        )),
        name => Ok(name.to_owned()),
    }
}

fn offset<'de, D: Deserializer<'de>>(source: D) -> Result<Offset, D::Error> {
    let text = String::deserialize(source)?;
    read_offset(&text).ok_or_else(|| {
        D::Error::custom(format!(
            "{text:?} is not an offset: write \"-5 ms\" for earlier or \"12.5 ms\" for later, at most 1 s"
        ))
    })
}

fn read_offset(text: &str) -> Option<Offset> {
    let text = text.trim();
    let (earlier, length) = match text.strip_prefix(['-', '−']) {
        Some(length) => (true, length),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let length = length.trim_start();
    let unit = length.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    if !matches!(unit.trim_start(), "ms" | "s") {
        return None;
    }
    let length: jiff::SignedDuration = match length.starts_with('.') {
        true => format!("0{length}").parse().ok()?,
        false => length.parse().ok()?,
    };
    let length = Duration::try_from(length).ok()?;
    let offset = match earlier {
        true => Offset::Earlier(length),
        false => Offset::Later(length),
    };
    (length <= MAX_OFFSET).then_some(offset)
}

fn channels<'de, D: Deserializer<'de>>(source: D) -> Result<BTreeMap<Channel, Channel>, D::Error> {
    let written = BTreeMap::<String, i64>::deserialize(source)?;
    let channel = |number: Option<u8>| number.and_then(Channel::from_number);
    let pairs = written.into_iter().map(|(from, to)| {
        let pair = (channel(from.parse().ok()), channel(to.try_into().ok()));
        let (Some(score), Some(device)) = pair else {
            return Err(D::Error::custom(format!(
                "{from} = {to} does not map channels: both must be from 1 to 16"
            )));
        };
        Ok((score, device))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_times_before_or_after() {
        let ms = Duration::from_millis;
        assert_eq!(read_offset("-5 ms"), Some(Offset::Earlier(ms(5))));
        assert_eq!(read_offset("−5ms"), Some(Offset::Earlier(ms(5))));
        assert_eq!(
            read_offset("+12.5 ms"),
            Some(Offset::Later(Duration::from_micros(12_500)))
        );
        assert_eq!(read_offset("0.02 s"), Some(Offset::Later(ms(20))));
        assert_eq!(read_offset("-.5 s"), Some(Offset::Earlier(ms(500))));
        let exact = Duration::from_nanos(300_000_001);
        assert_eq!(read_offset("0.300000001 s"), Some(Offset::Later(exact)));
        for wrong in [
            "", "5", "ms", "5 min", "2 s", "-", "--5 ms", "NaN ms", "inf s", "1e1 ms", "5 ms 1",
        ] {
            assert_eq!(read_offset(wrong), None, "{wrong}");
        }
    }
}
