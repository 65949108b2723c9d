//! Rows of events, without a database.

use super::{
    super::row::{self, BadRow, Row},
    *,
};
use crate::engine::HistoryHead;

const KEY: InstanceKey = InstanceKey(7);

fn packed(events: &[Event]) -> (Vec<Row>, HistoryHead) {
    row::pack(KEY, HistoryHead::default(), events).unwrap()
}

fn unpacked(rows: &[Row]) -> Result<(Vec<Event>, HistoryHead), BadRow> {
    let mut events = Vec::new();
    let mut head = HistoryHead::default();
    for row in rows {
        head = row::append(KEY, head, row.first, &row.bytes, &mut events)?;
    }
    Ok((events, head))
}

#[test]
fn rows_are_compact_and_return_what_was_packed() {
    let mut events = history(0..400);
    events.push(raised(400, 100_000));
    events.extend(history(401..403));
    let (rows, head) = packed(&events);
    assert_eq!(unpacked(&rows).unwrap(), (events.clone(), head));
    assert_eq!(head.events, 403);
    for (place, row) in rows.iter().enumerate() {
        let next = rows.get(place + 1).map_or(403, |next| next.first.0);
        let count = next - row.first.0;
        assert!(count <= row::MAX_EVENTS as u64);
        assert!(count == 1 || row.bytes.len() <= row::MAX_BYTES);
    }
    let small: Vec<_> = (0..300).map(|id| raised(id, 0)).collect();
    let firsts: Vec<_> = packed(&small).0.iter().map(|row| row.first.0).collect();
    assert_eq!(firsts[0], 0);
    assert!(firsts.len() <= 300 / 60, "{firsts:?}");
    let none = packed(&[]);
    assert_eq!((none.0.len(), none.1), (0, HistoryHead::default()));
}

#[test]
fn events_packed_later_follow_the_earlier_ones() {
    let events = history(0..10);
    let (mut rows, head) = packed(&events[..4]);
    let (more, head) = row::pack(KEY, head, &events[4..]).unwrap();
    rows.extend(more);
    assert_eq!(unpacked(&rows).unwrap(), (events, head));
}

#[test]
fn every_changed_byte_of_a_row_is_detected() {
    let (rows, _) = packed(&history(0..5));
    let row = &rows[0].bytes;
    let read = |row: &[u8]| row::append(KEY, HistoryHead::default(), EventId(0), row, &mut vec![]);
    assert!(matches!(read(&[]), Err(BadRow::Short(_))));
    assert!(matches!(read(&[9; 20]), Err(BadRow::Format(_, 9))));
    for cut in 0..row.len() {
        assert!(read(&row[..cut]).is_err(), "cut at {cut}");
    }
    for place in 0..row.len() {
        for flip in 1..=u8::MAX {
            let mut row = row.clone();
            row[place] ^= flip;
            assert!(read(&row).is_err(), "byte {place} flipped by {flip}");
        }
    }
    assert!(read(row).is_ok());
}

#[test]
fn a_row_is_valid_only_under_its_own_key() {
    let events = history(0..900);
    let (rows, head) = packed(&events);
    assert!(rows.len() > 3);
    let mut none = Vec::new();
    let mut read = |key, head, row: &Row| {
        none.clear();
        row::append(key, head, row.first, &row.bytes, &mut none).map(|_| ())
    };
    let first = &rows[0];
    let begin = HistoryHead::default();
    read(KEY, begin, first).unwrap();
    // Of another instance, after another row, and where one is missing.
    assert!(matches!(
        read(InstanceKey(8), begin, first),
        Err(BadRow::Checksum(_))
    ));
    let other = HistoryHead {
        events: rows[2].first.0,
        ..head
    };
    assert!(matches!(
        read(KEY, other, &rows[2]),
        Err(BadRow::Checksum(_))
    ));
    assert!(matches!(
        read(KEY, begin, &rows[1]),
        Err(BadRow::Gap(EventId(0), _))
    ));
    let out_of_ids = HistoryHead {
        events: u64::MAX,
        checksum: 0,
    };
    let late = row::pack(
        KEY,
        HistoryHead {
            events: u64::MAX,
            ..begin
        },
        &[],
    );
    assert!(late.unwrap().0.is_empty());
    assert!(matches!(read(KEY, out_of_ids, first), Err(BadRow::Gap(..))));
}
