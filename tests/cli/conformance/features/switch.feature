Feature: Switch

  Scenario: The case that holds is taken
    Given a workflow with definition:
    """yaml
    document: { dsl: 1.0.3, namespace: conformance, name: case, version: 0.1.0 }
    do:
      - choose:
          switch:
            - slow: { when: .mood == "calm", then: largo }
            - fast: { when: .mood == "gay", then: presto }
      - largo: { set: { tempi: '${ .tempi + [50] }' }, then: end }
      - presto: { set: { tempi: '${ .tempi + [180] }' }, then: end }
    """
    And given the workflow input is:
    """yaml
    mood: calm
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    tempi: [50]
    """
    And choose should run first
    And largo should run last

  Scenario: Where no case holds, the task's own directive is taken
    Given a workflow with definition:
    """yaml
    document: { dsl: 1.0.3, namespace: conformance, name: no-case, version: 0.1.0 }
    do:
      - choose:
          switch:
            - slow: { when: .mood == "calm", then: largo }
            - fast: { when: .mood == "gay", then: presto }
          then: end
      - largo: { set: { tempi: '${ .tempi + [50] }' } }
      - presto: { set: { tempi: '${ .tempi + [180] }' } }
    """
    And given the workflow input is:
    """yaml
    mood: grim
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    mood: grim
    """
    And choose should run first
    And choose should run last

  Scenario: Where no other case holds, the case without a condition is taken
    Given a workflow with definition:
    """yaml
    document: { dsl: 1.0.3, namespace: conformance, name: default-case, version: 0.1.0 }
    do:
      - choose:
          switch:
            - slow: { when: .mood == "calm", then: largo }
            - fast: { when: .mood == "gay", then: presto }
            - other: { then: own }
      - largo: { set: { tempi: '${ .tempi + [50] }' } }
      - presto: { set: { tempi: '${ .tempi + [180] }' } }
      - own: { set: { tempi: '${ .tempi + [$input.tempo] }' } }
    """
    And given the workflow input is:
    """yaml
    mood: grim
    tempo: 66
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    tempi: [66]
    """
    And choose should run first
    And own should run last
