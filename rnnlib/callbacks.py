"""What happens between the epochs of a training, as in Keras: `Sequential.fit(..., callbacks=[...])`.

A callback is told when the training begins, when each epoch begins and ends, and when the training ends. At the end of
an epoch it gets `logs`, the dict of what was measured ("loss", "val_loss"), to which it may add. Epochs count from 0.
"""

from rnnlib import checks, weight_files


class Callback:
    """The base of all callbacks, which does nothing. `model` is the model in training, from `on_train_begin` on.

    What a callback must remember for a training to go on after an interruption is named in `state_names`: attributes
    that are numbers, text, None, arrays, or lists and dicts of those.
    """

    state_names = ()
    model = None

    def on_train_begin(self):
        """Begin afresh: the same callback may see several trainings."""

    def on_train_end(self):
        """The last epoch has passed, or the training was stopped."""

    def on_epoch_begin(self, epoch):
        """The epoch of that number begins."""

    def on_epoch_end(self, epoch, logs):
        """The epoch of that number has ended with these measurements."""

    def get_state(self):
        """What `state_names` names: a dict that `set_state` takes."""
        return {name: getattr(self, name) for name in self.state_names}

    def set_state(self, state):
        """Go on from where another callback of this kind was. Raises ValueError for a state of another kind."""
        if set(state) != set(self.state_names):
            raise ValueError(f"{type(self).__name__} wants a state of {self.state_names}, got one of {tuple(state)}")
        for name, value in state.items():
            setattr(self, name, value)


class History(Callback):
    """What `fit` returns: `history["loss"]` is the mean training loss of each epoch, `history["val_loss"]` likewise."""

    state_names = ("epoch", "history")

    def __init__(self):
        self.epoch = []
        self.history = {}

    def on_epoch_end(self, epoch, logs):
        self.epoch.append(epoch)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)


class Checkpoint(Callback):
    """Saves the whole training to `path` (.safetensors or .npz) after every `every` epochs, and when it is stopped.

    `fit(..., resume_from=path)` goes on from there. Each file takes the place of the one before, and only when it is
    complete. As Keras's `BackupAndRestore`, but for the last one, which stays.
    """

    def __init__(self, path, every=1):
        self.path = weight_files.checked_path(path)
        self.every = checks.integer_at_least(every, 1, "every")

    def on_train_begin(self):
        if not self.path.parent.is_dir():  # better now than after the first epoch
            raise FileNotFoundError(f"path of Checkpoint wants a folder that exists, got {self.path}")

    def on_epoch_end(self, epoch, logs):
        if (epoch + 1) % self.every == 0 or self.model.stop_training:
            self.model.save_checkpoint(self.path)


class CallbackList:
    """All callbacks of a training, in the order in which they are told: those given, `history`, then the checkpoints.

    `history` hears what the others add to the logs, and a checkpoint holds what all the others came to.

    Raises TypeError for what is no rnnlib callback.
    """

    def __init__(self, callbacks, model):
        callbacks = [callbacks] if isinstance(callbacks, Callback) else list(callbacks or ())
        for callback in callbacks:
            if not isinstance(callback, Callback):
                raise TypeError(f"callbacks wants rnnlib callbacks, got {callback!r}")
        self.history = History()
        checkpoints = [callback for callback in callbacks if isinstance(callback, Checkpoint)]
        self.callbacks = [c for c in callbacks if c not in checkpoints] + [self.history] + checkpoints
        for callback in self.callbacks:
            callback.model = model

    def on_train_begin(self):
        """Tell all callbacks."""
        for callback in self.callbacks:
            callback.on_train_begin()

    def on_train_end(self):
        """Tell all callbacks."""
        for callback in self.callbacks:
            callback.on_train_end()

    def on_epoch_begin(self, epoch):
        """Tell all callbacks."""
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch)

    def on_epoch_end(self, epoch, logs):
        """Tell all callbacks."""
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, logs)

    def _stateful(self):
        return [callback for callback in self.callbacks if callback.state_names]

    def get_state(self):
        """The states of the callbacks that have one, a list, with the kind of each."""
        return [{"kind": type(callback).__name__, "state": callback.get_state()} for callback in self._stateful()]

    def set_state(self, states):
        """Give each callback its state. Raises ValueError if they are of other kinds or in another order."""
        wanted, found = [type(c).__name__ for c in self._stateful()], [state["kind"] for state in states]
        if wanted != found:
            raise ValueError(f"callbacks are {', '.join(wanted)}, got the states of {', '.join(found) or 'none'}")
        for callback, state in zip(self._stateful(), states, strict=True):
            callback.set_state(state["state"])


class MonitorCallback(Callback):
    """What callbacks share that watch one number: which it is, and what counts as better.

    `mode` is "min" or "max"; "auto" is "min" for a loss. An improvement is one by more than `min_delta`.
    """

    def __init__(self, monitor, mode, min_delta):
        self.monitor = monitor
        if mode == "auto":
            if monitor.removeprefix("val_") != "loss":
                raise ValueError(f"mode wants 'min' or 'max' for monitor={monitor!r}, which is not a loss, got 'auto'")
            mode = "min"
        self.mode = mode
        self._sign = checks.one_of({"min": 1, "max": -1}, mode, "mode")
        self.min_delta = abs(checks.real_in(min_delta, "min_delta", -float("inf")))

    def on_train_begin(self):
        if self.monitor == "val_loss" and not self.model.validates:
            raise ValueError(
                f"monitor of {type(self).__name__} is 'val_loss', but fit got no validation_data: "
                "give it (x, y), or monitor='loss'"
            )

    def monitored(self, logs):
        """The number that is watched. Raises ValueError where it was not measured."""
        return checks.one_of(logs, self.monitor, f"monitor of {type(self).__name__}")

    def improves(self, value, reference):
        """Whether `value` is better than `reference` by more than `min_delta`; anything is better than None."""
        return reference is None or self._sign * value + self.min_delta < self._sign * reference


class EarlyStopping(MonitorCallback):
    """Stops the training when a number has not improved for `patience` epochs, as Keras's `EarlyStopping`.

    The first value counts as the best so far. Later ones restart the wait when they are better than the best and,
    where it is given, than `baseline`. Epochs before `start_from_epoch` are not looked at. `restore_best_weights` puts
    the weights of the best epoch back at the end, whether the training was stopped or came to its end. Prechelt (1998)
    compares when to stop: later costs time and gains a little.

    Raises ValueError for a monitored number that was not measured, and for impossible settings.
    """

    state_names = ("wait", "stopped_epoch", "best", "best_epoch", "best_weights")

    def __init__(
        self,
        monitor="val_loss",
        min_delta=0,
        patience=0,
        *,
        mode="auto",
        baseline=None,
        restore_best_weights=False,
        start_from_epoch=0,
    ):
        super().__init__(monitor, mode, min_delta)
        self.patience = checks.integer_at_least(patience, 0, "patience")
        self.baseline = None if baseline is None else checks.real_in(baseline, "baseline", -float("inf"))
        self.restore_best_weights = bool(restore_best_weights)
        self.start_from_epoch = checks.integer_at_least(start_from_epoch, 0, "start_from_epoch")
        self._begin()

    def _begin(self):
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best = self.best_weights = None

    def on_train_begin(self):
        super().on_train_begin()
        self._begin()

    def on_epoch_end(self, epoch, logs):
        value = self.monitored(logs)
        if epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self.improves(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self.improves(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self):
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)


class ReduceLROnPlateau(MonitorCallback):
    """Multiplies the learning rate by `factor` when a number has not improved for `patience` epochs, as in Keras.

    After that it does not count for `cooldown` epochs; the rate does not fall below `min_lr`. It adds "learning_rate"
    to the logs. Raises as `EarlyStopping` does, and TypeError where the learning rate follows a schedule.
    """

    state_names = ("wait", "best", "cooldown_counter")

    def __init__(
        self, monitor="val_loss", factor=0.1, patience=10, *, mode="auto", min_delta=1e-4, cooldown=0, min_lr=0.0
    ):
        super().__init__(monitor, mode, min_delta)
        self.factor = checks.real_in(factor, "factor", 0, 1, low_open=True, high_open=True)
        self.patience = checks.integer_at_least(patience, 0, "patience")
        self.cooldown = checks.integer_at_least(cooldown, 0, "cooldown")
        self.min_lr = checks.real_in(min_lr, "min_lr", 0)
        self._begin()

    def _begin(self):
        self.wait = self.cooldown_counter = 0
        self.best = None

    def on_train_begin(self):
        super().on_train_begin()
        if self.model.optimizer.schedule is not None:
            raise TypeError("ReduceLROnPlateau wants an optimizer whose learning_rate is a number, got a schedule")
        self._begin()

    def on_epoch_end(self, epoch, logs):
        optimizer = self.model.optimizer
        logs["learning_rate"] = optimizer.learning_rate
        value = self.monitored(logs)
        if self.cooldown_counter:
            self.cooldown_counter -= 1
            self.wait = 0
        if self.improves(value, self.best):
            self.best, self.wait = value, 0
        elif not self.cooldown_counter:
            self.wait += 1
            if self.wait >= self.patience and optimizer.learning_rate > self.min_lr:
                optimizer.learning_rate = max(optimizer.learning_rate * self.factor, self.min_lr)
                self.cooldown_counter, self.wait = self.cooldown, 0


class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch to `schedule(epoch, rate)`, as Keras's `LearningRateScheduler`.

    It adds "learning_rate" to the logs. For a rate that changes from step to step see `rnnlib.schedules`.
    """

    def __init__(self, schedule):
        if not callable(schedule):
            raise TypeError(f"schedule wants a function of the epoch and the learning rate, got {schedule!r}")
        self.schedule = schedule

    def on_epoch_begin(self, epoch):
        optimizer = self.model.optimizer
        optimizer.learning_rate = self.schedule(epoch, optimizer.learning_rate)

    def on_epoch_end(self, epoch, logs):
        logs["learning_rate"] = self.model.optimizer.learning_rate
