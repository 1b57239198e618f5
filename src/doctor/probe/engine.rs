//! Asks a Docker engine over its socket.

use std::{thread, time::Instant};

use labtrust_platform::{
    Endpoint, Service, World,
    fact::Engine,
    world::engine::{Door, distribution, get, knock},
};
use serde::de::DeserializeOwned;

use super::left;
use crate::doctor::evidence::{Asked, EngineSeen};

pub fn ask(engine: &Engine, endpoints: &[Endpoint], deadline: Instant) -> EngineSeen {
    let door = engine.socket.as_deref().map_or(Door::Absent, knock);
    let mut seen = EngineSeen {
        title: Service::engine(engine).title,
        socket: engine.socket.clone(),
        door,
        version: Asked::Not,
        info: Asked::Not,
        registries: endpoints.iter().map(|endpoint| (endpoint.port, Asked::Not)).collect(),
    };
    let (Some(socket), Door::Open) = (&engine.socket, &seen.door) else { return seen };
    let world = World::here();
    let text = |path: &str| get(&world, socket, path, left(deadline)).map(|answer| answer.body);
    thread::scope(|scope| {
        let text = &text;
        let registries: Vec<_> = (seen.registries.iter_mut().zip(endpoints))
            .map(|((_, answer), endpoint)| {
                scope.spawn(move || *answer = text(&distribution(endpoint)).into())
            })
            .collect();
        let info = scope.spawn(move || parsed(text("/info")));
        seen.version = parsed(text("/version"));
        seen.info = info.join().unwrap_or_else(|_| Asked::Failed("the probe itself failed".into()));
        drop(registries);
    });
    seen
}

fn parsed<T: DeserializeOwned>(body: labtrust_platform::Result<String>) -> Asked<T> {
    match body {
        Ok(body) => {
            serde_json::from_str(&body).map_err(|error| format!("its answer is unreadable: {error}")).into()
        }
        Err(error) => Asked::Failed(error.to_string()),
    }
}
