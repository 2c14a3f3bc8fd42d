"""The endurance test: a service and its servers, which fail at random for as long as one likes."""
