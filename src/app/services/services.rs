//! All services: which one answers a request.

use serde_json::{Value, json};

use super::{
    kinds::{Clusters, Machines, Payment, Shipping, Stock},
    message::{Answer, Method, Request},
    service::{Service, not_allowed},
};

/// The services and what they have done. It knows neither sockets nor time.
pub struct Services(Vec<Service>);

impl Services {
    /// Services that have done nothing. The seed decides which requests fail by chance.
    pub fn new(seed: u64) -> Self {
        Self(vec![
            Service::new(
                "clusters",
                "Database clusters in cities, and replication between them",
                Box::<Clusters>::default(),
                seed,
            ),
            Service::new(
                "payment",
                "Charges of orders, and their refunds",
                Box::<Payment>::default(),
                seed,
            ),
            Service::new(
                "stock",
                "Reservations of goods, and their release",
                Box::<Stock>::default(),
                seed,
            ),
            Service::new(
                "shipping",
                "Parcels that are booked or cancelled",
                Box::<Shipping>::default(),
                seed,
            ),
            Service::new(
                "machines",
                "A fleet of virtual machines",
                Box::<Machines>::default(),
                seed,
            ),
        ])
    }

    /// Names of the services.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|service| service.name)
    }

    /// Answers a request.
    pub fn answer(&mut self, request: &Request) -> Answer {
        if request.path == "/" {
            return match request.method {
                Method::Get => Answer::of(200, self.list()),
                _ => not_allowed(vec![Method::Get]),
            };
        }
        for service in &mut self.0 {
            let below = request
                .path
                .strip_prefix('/')
                .and_then(|path| path.strip_prefix(service.name));
            match below {
                Some("") => {
                    return match request.method {
                        Method::Get => Answer::of(200, service.listed()),
                        _ => not_allowed(vec![Method::Get]),
                    };
                }
                Some(path) if path.starts_with('/') => return service.answer(path, request),
                _ => {}
            }
        }
        let detail = format!("there is no {}; GET / lists the services", request.path);
        Answer::problem(404, detail)
    }

    fn list(&self) -> Value {
        let services: Vec<_> = self.0.iter().map(Service::listed).collect();
        json!({ "title": "fermata services", "services": services })
    }
}
