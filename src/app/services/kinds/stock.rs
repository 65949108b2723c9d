//! The service `stock`: reservations of goods, and their release.

use serde_json::{Value, json};

use super::{Behavior, Refusal};
use crate::app::services::{
    message::Method,
    operation::{Field, Given, Kind, Operation, field},
    records::Records,
};

/// How many there are of each item at first.
const AT_FIRST: u64 = 1000;

const RESERVATION: &[Field] = &[
    field("id", Kind::Text, "Id of the reservation"),
    field("order", Kind::Text, "The order"),
    field("item", Kind::Text, "What is reserved"),
    field("quantity", Kind::Integer, "How many"),
    field("state", Kind::Text, "`reserved` or `released`"),
];

const OPERATIONS: &[Operation] = &[
    Operation {
        id: "reserve",
        method: Method::Post,
        path: "/reservations",
        about: "Reserves an item for an order",
        status: 201,
        takes: &[
            field("order", Kind::Text, "the order"),
            field("item", Kind::Text, "what is reserved"),
            field("quantity", Kind::Integer, "how many"),
        ],
        returns: RESERVATION,
        refusals: &[(409, "Fewer are available")],
    },
    Operation {
        id: "getReservation",
        method: Method::Get,
        path: "/reservations/{id}",
        about: "Reads a reservation",
        status: 200,
        takes: &[],
        returns: RESERVATION,
        refusals: &[(404, "No reservation has this id")],
    },
    Operation {
        id: "release",
        method: Method::Post,
        path: "/reservations/{id}/release",
        about: "Releases a reservation; a released one stays released",
        status: 200,
        takes: &[],
        returns: RESERVATION,
        refusals: &[(404, "No reservation has this id")],
    },
    Operation {
        id: "getItem",
        method: Method::Get,
        path: "/items/{item}",
        about: "Reads how many of an item are available",
        status: 200,
        takes: &[],
        returns: &[
            field("item", Kind::Text, "The item"),
            field("available", Kind::Integer, "How many are not reserved"),
        ],
        refusals: &[],
    },
];

/// Reservations by id, and what is available of the items that were reserved.
#[derive(Default)]
pub(in crate::app::services) struct Stock {
    reservations: Records<Reservation>,
    available: Records<u64>,
}

struct Reservation {
    id: String,
    order: String,
    item: String,
    quantity: u64,
    is_released: bool,
}

impl Reservation {
    fn json(&self) -> Value {
        let state = if self.is_released {
            "released"
        } else {
            "reserved"
        };
        json!({
            "id": self.id,
            "order": self.order,
            "item": self.item,
            "quantity": self.quantity,
            "state": state,
        })
    }
}

impl Behavior for Stock {
    fn operations(&self) -> &'static [Operation] {
        OPERATIONS
    }

    fn perform(&mut self, operation: &str, given: &Given) -> Result<Value, Refusal> {
        let id = given.path(0);
        match operation {
            "reserve" => self.reserve(given),
            "getItem" => Ok(json!({ "item": id, "available": self.available(id) })),
            _ => {
                let reservation = self.reservations.get_mut(id);
                let reservation = reservation.ok_or_else(|| Refusal::unknown("reservation", id))?;
                if operation == "release" && !reservation.is_released {
                    reservation.is_released = true;
                    if let Some(available) = self.available.get_mut(&reservation.item) {
                        *available = available.saturating_add(reservation.quantity);
                    }
                }
                Ok(reservation.json())
            }
        }
    }
}

impl Stock {
    fn available(&self, item: &str) -> u64 {
        self.available.get(item).copied().unwrap_or(AT_FIRST)
    }

    fn reserve(&mut self, given: &Given) -> Result<Value, Refusal> {
        let (item, quantity) = (given.text("item"), given.whole("quantity"));
        let available = self.available(item);
        let Some(left) = available.checked_sub(quantity) else {
            let detail = format!("there are {available} of {item:?}, not {quantity}");
            return Err(Refusal::conflict(detail));
        };
        self.available.keep(item, left);
        let id = self.reservations.next_id("reservation");
        let reservation = Reservation {
            id: id.clone(),
            order: given.text("order").to_owned(),
            item: item.to_owned(),
            quantity,
            is_released: false,
        };
        let reserved = reservation.json();
        self.reservations.keep(&id, reservation);
        Ok(reserved)
    }
}
