"""What holds for every test: signals as a terminal sets them, no mind for a busy machine."""

import signal

from hypothesis import HealthCheck, settings

INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)

# A script that runs us in the background has Ctrl-C ignored, and children inherit that.
for number in INTERRUPTS:
    if signal.getsignal(number) is signal.SIG_IGN:
        usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        signal.signal(number, usual)
signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPTS)

# How long an input takes to make says how busy the machine is, and nothing of ours.
settings.register_profile("canary", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("canary")
