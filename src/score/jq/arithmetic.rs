//! Operators on two values.

use std::rc::Rc;

use super::{
    budget::Budget,
    halt::{Halt, cannot, described},
    syntax::Operator,
    value::{Map, Val},
};

/// The result of an operator.
pub fn calculate(operator: Operator, one: Val, other: Val, budget: &Budget) -> Result<Val, Halt> {
    match operator {
        Operator::Add => add(one, other, budget),
        Operator::Subtract => subtract(one, other, budget),
        Operator::Multiply => multiply(one, other, budget),
        Operator::Divide => divide(&one, &other, budget),
        Operator::Remainder => remainder(&one, &other),
        _ => {
            compared(&one, &other, budget)?;
            Ok(Val::Bool(match operator {
                Operator::Equal => one == other,
                Operator::Different => one != other,
                Operator::Less => one < other,
                Operator::LessOrEqual => one <= other,
                Operator::Greater => one > other,
                _ => one >= other,
            }))
        }
    }
}

/// Counts what it costs to compare two values.
fn compared(one: &Val, other: &Val, budget: &Budget) -> Result<(), Halt> {
    match (one, other) {
        (Val::Arr(_), Val::Arr(_)) | (Val::Obj(_), Val::Obj(_)) => {
            budget.read(one)?;
            budget.read(other)
        }
        (Val::Str(one), Val::Str(other)) => budget.text(one.len().min(other.len())),
        _ => Ok(()),
    }
}

fn add(one: Val, other: Val, budget: &Budget) -> Result<Val, Halt> {
    match (one, other) {
        (Val::Null, value) | (value, Val::Null) => Ok(value),
        (Val::Num(one), Val::Num(other)) => Ok(Val::number(one.float() + other.float())),
        (Val::Str(one), Val::Str(other)) => {
            budget.text(one.len() + other.len())?;
            Ok(Val::text([&*one, &*other].concat()))
        }
        (Val::Arr(mut one), Val::Arr(other)) => {
            if Rc::get_mut(&mut one).is_none() {
                budget.items(one.len())?;
            }
            budget.items(other.len())?;
            grown(one.len() + other.len())?;
            Rc::make_mut(&mut one).extend(other.iter().cloned());
            Ok(Val::Arr(one))
        }
        (Val::Obj(mut one), Val::Obj(other)) => {
            if Rc::get_mut(&mut one).is_none() {
                budget.items(one.len())?;
            }
            budget.items(other.len())?;
            grown(one.len() + other.len())?;
            let map = Rc::make_mut(&mut one);
            map.extend(
                other
                    .iter()
                    .map(|(key, value)| (key.clone(), value.clone())),
            );
            Ok(Val::Obj(one))
        }
        (one, other) => Err(cannot(&one, &other, "added")),
    }
}

/// Fails if a list or map would be too large.
fn grown(items: usize) -> Result<(), Halt> {
    const MAX: usize = 1 << 20;
    match items > MAX {
        true => Err(super::budget::too_large()),
        false => Ok(()),
    }
}

fn subtract(one: Val, other: Val, budget: &Budget) -> Result<Val, Halt> {
    match (one, other) {
        (Val::Num(one), Val::Num(other)) => Ok(Val::number(one.float() - other.float())),
        (Val::Arr(one), Val::Arr(other)) => {
            budget.spend(one.len() as u64 * (1 + other.len() as u64 / 8))?;
            for items in [&one, &other] {
                items.iter().try_for_each(|item| budget.copy(item))?;
            }
            let left = one.iter().filter(|item| !other.contains(item));
            Ok(Val::list(left.cloned().collect()))
        }
        (one, other) => Err(cannot(&one, &other, "subtracted")),
    }
}

fn multiply(one: Val, other: Val, budget: &Budget) -> Result<Val, Halt> {
    match (one, other) {
        (Val::Num(one), Val::Num(other)) => Ok(Val::number(one.float() * other.float())),
        (Val::Str(text), Val::Num(times)) | (Val::Num(times), Val::Str(text)) => {
            let times = times.float();
            if times.is_nan() || times < 0.0 {
                return Ok(Val::Null);
            }
            let times = times as usize;
            budget.text(text.len().saturating_mul(times))?;
            Ok(Val::text(text.repeat(times)))
        }
        (Val::Obj(one), Val::Obj(other)) => merge(one, &other, budget).map(Val::Obj),
        (one, other) => Err(cannot(&one, &other, "multiplied")),
    }
}

fn merge(mut one: Rc<Map>, other: &Map, budget: &Budget) -> Result<Rc<Map>, Halt> {
    budget.enter()?;
    budget.items(one.len() + other.len())?;
    let map = Rc::make_mut(&mut one);
    for (key, value) in other {
        budget.spend(1)?;
        let merged = match (map.get_mut(key), value) {
            (Some(slot @ Val::Obj(_)), Val::Obj(theirs)) => {
                match std::mem::replace(slot, Val::Null) {
                    Val::Obj(ours) => Val::Obj(merge(ours, theirs, budget)?),
                    _ => value.clone(),
                }
            }
            _ => value.clone(),
        };
        map.insert(key.clone(), merged);
    }
    budget.leave();
    Ok(one)
}

fn divide(one: &Val, other: &Val, budget: &Budget) -> Result<Val, Halt> {
    match (one, other) {
        (Val::Num(dividend), Val::Num(divisor)) => match divisor.float() == 0.0 {
            true => Err(cannot(one, other, "divided because the divisor is zero")),
            false => Ok(Val::number(dividend.float() / divisor.float())),
        },
        (Val::Str(text), Val::Str(by)) => split(text, by, budget),
        _ => Err(cannot(one, other, "divided")),
    }
}

/// The parts of a text.
pub fn split(text: &str, by: &str, budget: &Budget) -> Result<Val, Halt> {
    budget.text(text.len())?;
    if text.is_empty() {
        return Ok(Val::list(Vec::new()));
    }
    let parts: Vec<Val> = match by {
        "" => text
            .chars()
            .map(|letter| Val::text(letter.to_string()))
            .collect(),
        by => text.split(by).map(Val::text).collect(),
    };
    budget.spend(parts.len() as u64)?;
    Ok(Val::list(parts))
}

fn remainder(one: &Val, other: &Val) -> Result<Val, Halt> {
    let (Val::Num(dividend), Val::Num(divisor)) = (one, other) else {
        return Err(cannot(one, other, "divided"));
    };
    let (dividend, divisor) = (dividend.float(), divisor.float());
    if dividend.is_nan() || divisor.is_nan() {
        return Ok(Val::number(f64::NAN));
    }
    // Floats beyond the integers become the largest one.
    let (whole, by) = (dividend as i64, divisor as i64);
    if by == 0 {
        let what = "cannot be divided (remainder) because the divisor is zero";
        return Err(Halt::error(format!(
            "{} and {} {what}",
            described(one),
            described(other)
        )));
    }
    let size = whole.unsigned_abs() % by.unsigned_abs();
    let size = size as f64;
    Ok(Val::number(if whole < 0 { 0.0 - size } else { size }))
}
