//! Values with the way to them, and what is at a path.

use std::rc::Rc;

use crate::score::jq::{
    budget::{Budget, MAX_DEPTH, too_large},
    halt::{Halt, described, shown},
    json,
    value::{Map, Val},
};

/// A value that a filter works on.
#[derive(Debug, Clone)]
pub struct Item {
    /// The value.
    pub value: Val,
    /// The way to it.
    pub path: Path,
}

/// The way to a value.
#[derive(Debug, Clone)]
pub enum Path {
    /// Nobody asks for it.
    Off,
    /// The value was made: there is no way to it.
    Made,
    /// From where `path` began.
    At(Option<Rc<Step>>),
}

/// A step of a path.
#[derive(Debug)]
pub struct Step {
    key: Val,
    before: Option<Rc<Step>>,
}

impl Item {
    /// A value to which nobody asks the way.
    pub fn of(value: Val) -> Self {
        Self {
            value,
            path: Path::Off,
        }
    }

    /// A value from which paths begin.
    pub fn root(value: Val) -> Self {
        Self {
            value,
            path: Path::At(None),
        }
    }

    /// Another value in the place of this one.
    pub fn other(&self, value: Val) -> Self {
        let path = match &self.path {
            Path::Off => Path::Off,
            path if value.is_same_constant(&self.value) => path.clone(),
            _ => Path::Made,
        };
        Self { value, path }
    }

    /// A part of this value.
    pub fn part(&self, key: impl FnOnce() -> Val, value: Val) -> Self {
        let path = match &self.path {
            Path::At(before) => Path::At(Some(Rc::new(Step {
                key: key(),
                before: before.clone(),
            }))),
            path => path.clone(),
        };
        Self { value, path }
    }

    /// What is at a key.
    pub fn at(&self, key: Val) -> Result<Self, Halt> {
        if matches!(self.path, Path::Made) {
            return Err(Halt::error(format!(
                "Invalid path expression near attempt to access element {} of {}",
                json::text(&key),
                shown(&self.value)
            )));
        }
        let value = get(&self.value, &key)?;
        Ok(self.part(|| key, value))
    }

    /// Fails if a path through all parts of it is asked for and there is none.
    pub fn may_iterate(&self) -> Result<(), Halt> {
        match self.path {
            Path::Made => Err(Halt::error(format!(
                "Invalid path expression near attempt to iterate through {}",
                shown(&self.value)
            ))),
            _ => Ok(()),
        }
    }

    /// The keys of its path.
    pub fn keys(&self) -> Result<Vec<Val>, Halt> {
        let mut keys = Vec::new();
        match &self.path {
            Path::At(last) => {
                let mut step = last.as_ref();
                while let Some(at) = step {
                    keys.push(at.key.clone());
                    step = at.before.as_ref();
                }
                keys.reverse();
                Ok(keys)
            }
            _ => Err(Halt::error(format!(
                "Invalid path expression with result {}",
                shown(&self.value)
            ))),
        }
    }
}

/// The key of a slice.
pub fn slice(start: Val, end: Val) -> Val {
    Val::map(Map::from_iter([
        ("start".into(), start),
        ("end".into(), end),
    ]))
}

fn cannot_index(value: &Val, key: &Val) -> Halt {
    Halt::error(format!(
        "Cannot index {} with {}",
        value.kind(),
        described(key)
    ))
}

/// Where an index is in a list, counted from its end if it is negative.
pub fn place(index: f64, length: usize) -> Option<usize> {
    let index = index.floor();
    let index = if index < 0.0 {
        index + length as f64
    } else {
        index
    };
    (index >= 0.0 && index < length as f64).then_some(index as usize)
}

/// The range of a slice in something of this length.
pub fn range(key: &Map, length: usize) -> Result<std::ops::Range<usize>, Halt> {
    let limit = |name: &str, default: f64| match key.get(name) {
        None | Some(Val::Null) => Ok(default),
        Some(Val::Num(number)) => Ok(number.float()),
        Some(_) => Err(Halt::error("Array/string slice indices must be integers")),
    };
    let length = length as f64;
    let (start, end) = (limit("start", 0.0)?, limit("end", length)?);
    let within = |at: f64| {
        let at = if at < 0.0 { at + length } else { at };
        at.clamp(0.0, length)
    };
    let start = if start.is_nan() {
        0.0
    } else {
        within(start).floor()
    };
    let end = if end.is_nan() {
        length
    } else {
        within(end).ceil()
    };
    Ok(start as usize..(end.max(start)) as usize)
}

/// What is at a key.
pub fn get(value: &Val, key: &Val) -> Result<Val, Halt> {
    match (value, key) {
        (Val::Obj(entries), Val::Str(key)) => Ok(entries.get(key).cloned().unwrap_or(Val::Null)),
        (Val::Arr(items), Val::Num(index)) => {
            let place = place(index.float(), items.len());
            Ok(place
                .and_then(|at| items.get(at))
                .cloned()
                .unwrap_or(Val::Null))
        }
        (Val::Arr(items), Val::Obj(key)) => {
            let range = range(key, items.len())?;
            Ok(Val::list(items.get(range).unwrap_or_default().to_vec()))
        }
        (Val::Str(text), Val::Obj(key)) => {
            let range = range(key, text.chars().count())?;
            let letters = text.chars().skip(range.start).take(range.len());
            Ok(Val::text(letters.collect::<String>()))
        }
        (Val::Arr(items), Val::Arr(part)) => Ok(indices(items, part)),
        (Val::Null, Val::Str(_) | Val::Num(_) | Val::Null) => Ok(Val::Null),
        (Val::Null, Val::Obj(key)) => range(key, 0).map(|_| Val::Null),
        _ => Err(cannot_index(value, key)),
    }
}

/// Where a list is in another.
pub fn indices(items: &[Val], part: &[Val]) -> Val {
    if part.is_empty() {
        return Val::Null;
    }
    let windows = items.windows(part.len()).enumerate();
    let found = windows.filter(|(_, window)| *window == part);
    Val::list(found.map(|(at, _)| Val::count(at)).collect())
}

/// What is at a path.
pub fn get_path(value: &Val, path: &[Val]) -> Result<Val, Halt> {
    let mut value = value.clone();
    for key in path {
        if matches!(value, Val::Null) {
            return Ok(Val::Null);
        }
        value = get(&value, key)?;
    }
    Ok(value)
}

/// Changes what is at a path.
pub fn update_at(
    value: Val,
    path: &[Val],
    budget: &Budget,
    change: &mut dyn FnMut(Val) -> Result<Val, Halt>,
) -> Result<Val, Halt> {
    let Some((key, rest)) = path.split_first() else {
        let new = change(value)?;
        budget.nest(&new)?;
        return Ok(new);
    };
    if path.len() > MAX_DEPTH {
        return Err(too_large());
    }
    budget.spend(1)?;
    match (value, key) {
        (value @ (Val::Obj(_) | Val::Null), Val::Str(key)) => {
            let mut entries = match value {
                Val::Obj(entries) => entries,
                _ => Rc::default(),
            };
            if Rc::get_mut(&mut entries).is_none() {
                budget.items(entries.len())?;
            }
            let map = Rc::make_mut(&mut entries);
            let old = map
                .get_mut(key)
                .map_or(Val::Null, |slot| std::mem::replace(slot, Val::Null));
            let new = update_at(old, rest, budget, change)?;
            budget.items(map.len().saturating_sub(1 << 20) + usize::from(map.len() > 1 << 20))?;
            map.insert(key.clone(), new);
            Ok(Val::Obj(entries))
        }
        (value @ (Val::Arr(_) | Val::Null), Val::Num(index)) => {
            let mut items = match value {
                Val::Arr(items) => items,
                _ => Rc::default(),
            };
            update_item(&mut items, index.float(), rest, budget, change)?;
            Ok(Val::Arr(items))
        }
        (value @ (Val::Arr(_) | Val::Null), Val::Obj(key)) => {
            let items = match value {
                Val::Arr(items) => items,
                _ => Rc::default(),
            };
            budget.items(items.len())?;
            let range = range(key, items.len())?;
            let old = Val::list(items.get(range.clone()).unwrap_or_default().to_vec());
            let Val::Arr(new) = update_at(old, rest, budget, change)? else {
                return Err(Halt::error(
                    "A slice of an array can only be assigned another array",
                ));
            };
            budget.items(new.len())?;
            let mut all = items.as_ref().clone();
            all.splice(range, new.iter().cloned());
            budget.items(all.len())?;
            Ok(Val::list(all))
        }
        (Val::Arr(_), Val::Arr(_)) => {
            Err(Halt::error("Cannot update field at array index of array"))
        }
        (value, key) => Err(cannot_index(&value, key)),
    }
}

fn update_item(
    items: &mut Rc<Vec<Val>>,
    index: f64,
    rest: &[Val],
    budget: &Budget,
    change: &mut dyn FnMut(Val) -> Result<Val, Halt>,
) -> Result<(), Halt> {
    const MAX_INDEX: f64 = 536_870_911.0;
    if Rc::get_mut(items).is_none() {
        budget.items(items.len())?;
    }
    let list = Rc::make_mut(items);
    let index = if index.is_nan() { 0.0 } else { index.floor() };
    let at = if index < 0.0 {
        index + list.len() as f64
    } else {
        index
    };
    if at < 0.0 {
        return Err(Halt::error("Out of bounds negative array index"));
    }
    if at >= MAX_INDEX {
        return Err(Halt::error("Array index too large"));
    }
    let at = at as usize;
    if at >= list.len() {
        budget.items(at + 1)?;
        list.resize(at + 1, Val::Null);
    }
    let slot = list.get_mut(at).ok_or_else(too_large)?;
    let old = std::mem::replace(slot, Val::Null);
    *slot = update_at(old, rest, budget, change)?;
    Ok(())
}

/// Removes what is at paths.
pub fn delete_paths(value: Val, mut paths: Vec<Val>, budget: &Budget) -> Result<Val, Halt> {
    budget.sort(paths.len())?;
    paths.sort();
    let mut value = value;
    for path in paths.iter().rev() {
        let Val::Arr(path) = path else {
            return Err(Halt::error(format!(
                "Path must be specified as array, not {}",
                path.kind()
            )));
        };
        value = delete_path(value, path, budget)?;
    }
    Ok(value)
}

fn delete_path(value: Val, path: &[Val], budget: &Budget) -> Result<Val, Halt> {
    let Some((key, rest)) = path.split_first() else {
        return Ok(Val::Null);
    };
    if matches!(value, Val::Null) {
        return Ok(value);
    }
    if rest.is_empty() {
        return delete(value, key, budget);
    }
    if matches!(get(&value, key)?, Val::Null) {
        return Ok(value);
    }
    update_at(value, std::slice::from_ref(key), budget, &mut |part| {
        delete_path(part, rest, budget)
    })
}

fn delete(value: Val, key: &Val, budget: &Budget) -> Result<Val, Halt> {
    budget.copy(&value)?;
    match (value, key) {
        (Val::Obj(mut entries), Val::Str(key)) => {
            Rc::make_mut(&mut entries).shift_remove(key);
            Ok(Val::Obj(entries))
        }
        (Val::Arr(mut items), Val::Num(index)) => {
            if let Some(at) = place(index.float(), items.len()) {
                Rc::make_mut(&mut items).remove(at);
            }
            Ok(Val::Arr(items))
        }
        (Val::Arr(mut items), Val::Obj(key)) => {
            let range = range(key, items.len())?;
            Rc::make_mut(&mut items).drain(range);
            Ok(Val::Arr(items))
        }
        (value @ (Val::Arr(_) | Val::Obj(_)), key) => Err(Halt::error(format!(
            "Cannot delete {} {} of {}",
            key.kind(),
            if matches!(value, Val::Arr(_)) {
                "element"
            } else {
                "field"
            },
            value.kind()
        ))),
        (value, _) => Err(Halt::error(format!(
            "Cannot delete fields from {}",
            value.kind()
        ))),
    }
}
