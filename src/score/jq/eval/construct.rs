//! What makes lists, maps and texts.

use super::{Done, Env, Item, Machine, Out};
use crate::score::jq::{
    format,
    halt::{Halt, described},
    json,
    syntax::{Filter, Format, Part},
    value::{Map, Val},
};

impl Machine<'_> {
    pub(super) fn construct<'a>(
        &self,
        filter: &'a Filter,
        env: &Env<'a>,
        item: Item,
        out: Out<'_>,
    ) -> Done {
        match filter {
            Filter::List(None) => out(item.other(Val::list(Vec::new()))),
            Filter::List(Some(inner)) => {
                let all = self.collect(inner, env, item.value.clone())?;
                self.budget.items(all.len())?;
                all.iter().try_for_each(|one| self.budget.nest(one))?;
                out(item.other(Val::list(all)))
            }
            Filter::Map(entries) => {
                let input = item.value.clone();
                self.map(entries, env, &input, &Map::new(), &mut |map| {
                    out(item.other(Val::map(map)))
                })
            }
            Filter::Text(format, parts) => self.text(
                *format,
                parts,
                env,
                &item.value.clone(),
                String::new(),
                &mut |text| out(item.other(Val::text(text))),
            ),
            Filter::Format(format) => {
                let text = format::apply(*format, &item.value, self.budget)?;
                out(item.other(Val::text(text)))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn map<'a>(
        &self,
        entries: &'a [(Filter, Filter)],
        env: &Env<'a>,
        input: &Val,
        map: &Map,
        out: &mut dyn FnMut(Map) -> Done,
    ) -> Done {
        let Some(((key, value), rest)) = entries.split_first() else {
            return out(map.clone());
        };
        self.values(key, env, input.clone(), &mut |key| {
            let Val::Str(key) = key else {
                return Err(Halt::error(format!(
                    "Cannot use {} as object key",
                    described(&key)
                )));
            };
            self.values(value, env, input.clone(), &mut |value| {
                self.budget.items(map.len())?;
                self.budget.nest(&value)?;
                let mut map = map.clone();
                map.insert(key.clone(), value);
                match rest {
                    [] => out(map),
                    rest => self.map(rest, env, input, &map, out),
                }
            })
        })
    }

    /// The combinations of a text's filters; the first one changes fastest. `end`: the text behind.
    pub(super) fn text<'a>(
        &self,
        format: Option<Format>,
        parts: &'a [Part],
        env: &Env<'a>,
        input: &Val,
        end: String,
        out: &mut dyn FnMut(String) -> Done,
    ) -> Done {
        match parts.split_last() {
            None => out(end),
            Some((Part::Plain(plain), before)) => {
                self.text(format, before, env, input, format!("{plain}{end}"), out)
            }
            Some((Part::Filter(filter), before)) => {
                self.values(filter, env, input.clone(), &mut |value| {
                    let part = match (format, &value) {
                        (Some(format), value) => format::apply(format, value, self.budget)?,
                        (None, Val::Str(text)) => text.to_string(),
                        (None, value) => {
                            self.budget.read(value)?;
                            json::text(value)
                        }
                    };
                    self.budget.text(part.len() + end.len())?;
                    self.text(format, before, env, input, part + &end, out)
                })
            }
        }
    }
}
