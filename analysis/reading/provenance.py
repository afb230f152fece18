"""Where the results come from, as far as study.json must be condensed for a reader."""


def versions(record: dict) -> dict[str, str]:
    """Package versions of all sessions; a package whose version changed shows each one, oldest first."""
    found: dict[str, list[str]] = {}
    for session in record.get("sessions") or []:
        for package, version in (session.get("versions") or {}).items():
            known = found.setdefault(package, [])
            known.extend([version] if version not in known else [])
    return {package: ", then ".join(known) for package, known in sorted(found.items())}
