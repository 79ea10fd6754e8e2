//! Services by DNS (RFC 2782): the system's own calls know addresses only.

use std::{io, time::Duration};

use hickory_resolver::{
    Resolver,
    proto::rr::{Name, RData, RecordType},
};

use crate::directory::ldap::network::Service;

/// How long one server of DNS may take, and how often it is asked. A dead one must not use up the time for an answer.
const ANSWER: Duration = Duration::from_secs(3);
const TRIES: usize = 2;

/// The services under that name, as the servers of DNS that this machine is set up with know them.
pub(super) async fn services(name: &str) -> io::Result<Vec<Service>> {
    // With a dot at the end, so that no other domain's are taken for them.
    let name = Name::from_utf8(format!("{}.", name.trim_end_matches('.'))).map_err(io::Error::other)?;
    let mut builder = Resolver::builder_tokio().map_err(io::Error::other)?;
    let options = builder.options_mut();
    options.timeout = ANSWER;
    options.attempts = TRIES;
    let resolver = builder.build().map_err(io::Error::other)?;
    let found = match resolver.lookup(name, RecordType::SRV).await {
        Ok(found) => found,
        Err(error) if error.is_no_records_found() => return Ok(Vec::new()),
        Err(error) => return Err(io::Error::other(error)),
    };
    let service = |data: &RData| match data {
        RData::SRV(service) => Some(Service {
            priority: service.priority,
            weight: service.weight,
            host: service.target.to_utf8(),
        }),
        _ => None,
    };
    Ok(found.answers().iter().filter_map(|record| service(&record.data)).collect())
}
