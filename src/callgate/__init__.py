"""callgate: may this prison telephone call go through, for how long, at what price?

The rooms, and which way imports point:

    cli                which commands there are
      commands           what an operator types: one file a command, the demonstration in a folder of its own
        app                puts the service together
          api                wire: routes, tokens, problem answers, dialects
            flows              verbs: one file for each thing someone does; owns the transaction, commits first
              checks             rules on a call, pure, one file a rule; decide.py folds them
              policies           law: one TOML file a jurisdiction, every value with its source
              store              tables: the only package that speaks SQL
                domain             nouns: frozen values, standard library only

`settings.py` reads every CALLGATE_ variable once, `clock.py` is the only file that reads the time.
A noun? domain. A number from a statute? policies. A rule on a call? checks. Someone does something? flows. SQL? store.
The wire? api.
"""

__version__ = "0.1.0"
